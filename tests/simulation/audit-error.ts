// What a judge throws: the rule that was broken, and how.

export class AuditError extends Error {
  override readonly name = 'AuditError'
}

export function check(isOk: boolean, rule: string, detail: string): asserts isOk {
  if (!isOk) throw new AuditError(`${rule}: ${detail}`)
}
