// Asking the running Usher of this data folder with a token made for the question.
//
// Owns: addresses, the token, what a refusal is for the shell. Leaves to others: what is asked.

import { type Config, readConfig } from '../../shared/config.ts'
import { EXIT } from '../../shared/service.ts'
import { Auth, type Role } from '../auth.ts'

const TOKEN_TTL_MS = 60_000
const ANSWER_MS_MAX = 60_000

export interface Question {
  readonly listener: 'public' | 'ops'
  readonly role: Role
  readonly path: string
  /** sent by POST when given */
  readonly body?: Uint8Array<ArrayBuffer>
}

export type Answer = Readonly<Record<string, unknown>>

/** The answer's body; undefined when it was a no: the sentence and the exit code are told. */
export async function askUsher(question: Question): Promise<Answer | undefined> {
  const config = readConfig()
  const { token } = await (await Auth.open(config)).mintToken({
    role: question.role,
    ttlMs: TOKEN_TTL_MS,
  })
  const address = new URL(question.path, baseOf(config, question.listener))
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    ...(question.body !== undefined && { method: 'POST', body: question.body }),
  }).catch(() => undefined)
  if (answer === undefined) {
    const detail = `No Usher answers at ${address.host}: start it, or set its USHER_ ports here too.`
    return refuse(EXIT.failure, detail)
  }
  const body = (await answer.json()) as Answer
  return answer.ok ? body : refuse(codeOf(answer.status), sentenceOf(body))
}

/** A wish told to the ops listener. */
export function tellOps(path: string, wish: unknown = {}): Promise<Answer | undefined> {
  const body = new TextEncoder().encode(JSON.stringify(wish))
  return askUsher({ listener: 'ops', role: 'ops', path, body })
}

export function askOps(path: string): Promise<Answer | undefined> {
  return askUsher({ listener: 'ops', role: 'ops', path })
}

function baseOf(config: Config, listener: 'public' | 'ops'): string {
  const host = listener === 'ops' ? config.opsHost : config.host
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${reachable}:${listener === 'ops' ? config.opsPort : config.port}`
}

function codeOf(status: number): number {
  if (status === 404) return EXIT.notFound
  if (status === 409) return EXIT.conflict
  return status === 422 || status === 400 ? EXIT.usage : EXIT.failure
}

/** A problem's detail and each of its errors. */
function sentenceOf({ detail, errors }: Answer): string {
  const list = Array.isArray(errors) ? (errors as readonly Answer[]) : []
  return [detail, ...list.map(error => `  ${error.pointer}: ${error.detail}`)].join('\n')
}

function refuse(code: number, sentence: string): undefined {
  process.stderr.write(`usher: ${sentence}\n`)
  process.exitCode = code
}
