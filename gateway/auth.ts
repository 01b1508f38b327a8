// Who is asking: tokens made and verified.
//
// Owns: the signing keys and the admin token of the data folder, guest and role tokens, tokens of an
// OpenID provider. Leaves to others: what a role may do (http/, session.ts), how often (admission.ts).
//
//   A1. A token is verified by signature once, then recognised from a bounded cache until it ends.
//   A2. Keys and the admin token are readable by the owner of the data folder alone (0600).
//   A3. A role token is a customer of its own; `admin` implies every other role.
//   A4. Tokens of the configured issuer are customers without roles; no other issuer is accepted.

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  createRemoteJWKSet,
  decodeJwt,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose'
import { type CustomerId, idFromText, idTextOf, newCustomerId, parseId } from '../shared/ids.ts'
import { readAdminToken, readKeys, type SigningKeys } from './keys.ts'

export const ROLES = ['box-office', 'staff', 'admin', 'ops'] as const
export type Role = (typeof ROLES)[number]

export interface Caller {
  readonly customer: CustomerId
  /** the public spelling of `customer` */
  readonly customerText: string
  readonly roles: readonly Role[]
  readonly expiresAtMs: number
}

export interface IssuedToken {
  readonly token: string
  readonly customerId: string
  readonly expiresAtMs: number
}

const ISSUER = 'usher'
const GUEST_TTL_MS = 30 * 24 * 60 * 60 * 1000
const CACHED_CALLERS_MAX = 200_000
const TOKEN_LENGTH_MAX = 4096
const CLOCK_TOLERANCE_S = 5
const PROVIDER_ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256', 'RS384', 'RS512']

export function hasRole(caller: Caller, role: Role): boolean {
  return caller.roles.includes(role) || caller.roles.includes('admin') // A3
}

export interface AuthOptions {
  readonly dataDir: string
  /** overrides the one in the data folder */
  readonly adminToken?: string | undefined
  readonly oidcIssuer?: string | undefined
}

export class Auth {
  readonly #keys: SigningKeys
  readonly #adminDigest: Buffer
  readonly #admin: Caller
  readonly #issuer: string | undefined
  readonly #callers = new Map<string, Caller>()
  #providerKeys: JWTVerifyGetKey | undefined

  private constructor(keys: SigningKeys, adminToken: string, issuer: string | undefined) {
    this.#keys = keys
    this.#adminDigest = digestOf(adminToken)
    this.#issuer = issuer
    const customer = idFromText<CustomerId>(`admin|${this.#adminDigest.toString('hex')}`)
    this.#admin = callerOf(customer, ['admin'], Number.POSITIVE_INFINITY)
  }

  /** Reads the keys and the admin token of the data folder; makes what is absent. A2 */
  static async open(options: AuthOptions): Promise<Auth> {
    const adminToken = options.adminToken ?? readAdminToken(options.dataDir)
    return new Auth(await readKeys(options.dataDir), adminToken, options.oidcIssuer)
  }

  /** The synchronous fast path: a Caller that was verified before, or undefined for "ask verify". */
  peek(token: string): Caller | undefined {
    const known = this.#callers.get(token)
    if (known === undefined) return this.#isAdminToken(token) ? this.#admin : undefined
    if (known.expiresAtMs > Date.now()) return known
    this.#callers.delete(token)
    return undefined
  }

  /** undefined: not a token of ours, damaged, or past its end. Never throws. */
  async verify(token: string): Promise<Caller | undefined> {
    const known = this.peek(token)
    if (known !== undefined) return known
    if (token.length > TOKEN_LENGTH_MAX || !token.includes('.')) return undefined
    const caller = await this.#verified(token)
    if (caller !== undefined) this.#remember(token, caller)
    return caller
  }

  /** A new customer without roles. */
  issueGuest(): Promise<IssuedToken> {
    return this.#issue(newCustomerId(), [], GUEST_TTL_MS)
  }

  /** For `usher token`: a customer of its own with one role. A3 */
  mintToken(options: { readonly role: Role; readonly ttlMs: number }): Promise<IssuedToken> {
    return this.#issue(newCustomerId(), [options.role], options.ttlMs)
  }

  async #issue(customer: CustomerId, roles: readonly Role[], ttlMs: number): Promise<IssuedToken> {
    const expiresAtMs = Math.floor((Date.now() + ttlMs) / 1000) * 1000
    const customerId = idTextOf(customer)
    const token = await new SignJWT(roles.length === 0 ? {} : { roles })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#keys.current.kid })
      .setIssuer(ISSUER)
      .setSubject(customerId)
      .setIssuedAt()
      .setExpirationTime(expiresAtMs / 1000)
      .sign(this.#keys.current.privateKey)
    this.#remember(token, callerOf(customer, roles, expiresAtMs))
    return { token, customerId, expiresAtMs }
  }

  async #verified(token: string): Promise<Caller | undefined> {
    try {
      const isOfProvider = this.#issuer !== undefined && decodeJwt(token).iss === this.#issuer
      return isOfProvider ? await this.#ofProvider(token) : await this.#ofHouse(token)
    } catch {
      return undefined
    }
  }

  async #ofHouse(token: string): Promise<Caller | undefined> {
    const keyOf: JWTVerifyGetKey = header => this.#keys.publicKeyOf(header.kid)
    const options = { issuer: ISSUER, algorithms: ['EdDSA'], clockTolerance: 0 }
    const { payload } = await jwtVerify(token, keyOf, options)
    const customer = parseId<CustomerId>(payload.sub ?? '')
    if (customer === undefined || payload.exp === undefined) return undefined
    return callerOf(customer, rolesOf(payload), payload.exp * 1000)
  }

  async #ofProvider(token: string): Promise<Caller | undefined> {
    const issuer = this.#issuer as string
    this.#providerKeys ??= await providerKeysOf(issuer)
    const { payload } = await jwtVerify(token, this.#providerKeys, {
      issuer,
      algorithms: PROVIDER_ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
    })
    if (payload.sub === undefined || payload.exp === undefined) return undefined
    const customer = idFromText<CustomerId>(`${issuer}|${payload.sub}`)
    return callerOf(customer, [], payload.exp * 1000) // A4
  }

  #isAdminToken(token: string): boolean {
    // Digests have one length, so the comparison takes the same time for every token.
    return timingSafeEqual(digestOf(token), this.#adminDigest)
  }

  /** Forgets the longest known when full: it is verified again when it comes back. A1 */
  #remember(token: string, caller: Caller): void {
    if (this.#callers.size >= CACHED_CALLERS_MAX) {
      const oldest = this.#callers.keys().next()
      if (oldest.done !== true) this.#callers.delete(oldest.value)
    }
    this.#callers.set(token, caller)
  }
}

function callerOf(customer: CustomerId, roles: readonly Role[], expiresAtMs: number): Caller {
  return Object.freeze({ customer, customerText: idTextOf(customer), roles, expiresAtMs })
}

function rolesOf(payload: JWTPayload): readonly Role[] {
  const named: unknown = payload.roles
  return Array.isArray(named) ? ROLES.filter(role => named.includes(role)) : []
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Where the provider publishes its keys, by OpenID Connect Discovery 1.0. */
async function providerKeysOf(issuer: string): Promise<JWTVerifyGetKey> {
  const base = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer
  const answer = await fetch(`${base}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(5_000),
  })
  const { jwks_uri: address } = (await answer.json()) as { readonly jwks_uri?: string }
  if (address === undefined) throw new Error('the OpenID provider names no jwks_uri')
  return createRemoteJWKSet(new URL(address))
}
