// The secrets of the data folder: the signing keys (keys.json) and the admin token (admin-token).
//
// Owns: making them once, mode 0600, also when two processes start at the same moment.
// Leaves to others: what is signed (auth.ts).
//
//   K1. The first key signs; every key in the file verifies, so that keys can be rotated.
//   K2. A file is made whole under another name and then linked: the first process wins, all read it.

import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { Fault } from '../shared/faults.ts'

const KEYS_FILE = 'keys.json'
const ADMIN_TOKEN_FILE = 'admin-token'

type Key = Awaited<ReturnType<typeof importJWK>>

export interface SigningKeys {
  readonly current: { readonly kid: string; readonly privateKey: Key }
  /** throws when the key is unknown */
  publicKeyOf(kid: string | undefined): Key
}

/** Makes the first key when the folder has none. */
export async function readKeys(dataDir: string): Promise<SigningKeys> {
  const path = join(dataDir, KEYS_FILE)
  const text = readOrMake(path, JSON.stringify({ keys: [await newKey()] }, null, 2))
  const keys = parseKeys(path, text)
  const publicKeys = new Map<string, Key>()
  for (const { d: _secret, ...publicPart } of keys) {
    publicKeys.set(publicPart.kid as string, await importJWK(publicPart, 'EdDSA'))
  }
  const [first] = keys as readonly [JWK] // K1
  return {
    current: { kid: first.kid as string, privateKey: await importJWK(first, 'EdDSA') },
    publicKeyOf(kid) {
      const key = publicKeys.get(kid ?? '')
      if (key === undefined) throw new Error('unknown key')
      return key
    },
  }
}

/** One line of plain text. */
export function readAdminToken(dataDir: string): string {
  const path = join(dataDir, ADMIN_TOKEN_FILE)
  const token = readOrMake(path, `${randomBytes(24).toString('base64url')}\n`).trim()
  if (token.length >= 16) return token
  throw new Fault('configuration', `${path} is damaged: delete it and a new token will be made.`)
}

function readOrMake(path: string, fresh: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw cannotUse(path, error)
  }
  makeOnce(path, fresh)
  return readFileSync(path, 'utf8')
}

// K2
function makeOnce(path: string, fresh: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(draft, fresh, { mode: 0o600, flag: 'wx' })
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw cannotUse(path, error)
  }
  unlinkSync(draft)
}

function parseKeys(path: string, text: string): readonly JWK[] {
  try {
    const { keys } = JSON.parse(text) as { readonly keys: readonly JWK[] }
    if (keys.length > 0 && keys.every(key => key.crv === 'Ed25519' && key.d && key.kid)) return keys
  } catch {
    // told below
  }
  throw new Fault(
    'configuration',
    `${path} does not hold Ed25519 keys: restore it from a backup, or delete it and all guests get new tokens.`,
  )
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const key = await exportJWK(privateKey)
  return { ...key, kid: await calculateJwkThumbprint(key) }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

function cannotUse(path: string, cause: unknown): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Fault('configuration', `${path} cannot be read or made: ${reason}`, { cause })
}
