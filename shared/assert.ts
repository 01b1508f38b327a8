// Assertions stay on in production: a broken invariant ends the process, recovery rebuilds it (style.md).

export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Throws Bug; the message quotes the rule: assert(ok, 'S2: a hold takes all its seats'). */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Bug(message)
}

/** The default branch of a switch over a closed union: unreachable while the types hold. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${JSON.stringify(value)}`)
}
