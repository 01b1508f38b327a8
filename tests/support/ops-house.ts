// A real ops listener over any Operations, with tokens of its own data folder.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { Auth, hasRole, type Role } from '../../gateway/auth.ts'
import { OpsListener } from '../../gateway/ops/listener.ts'
import type { Operations } from '../../shared/operations.ts'

export interface OpsAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers
}

export class OpsHouse {
  readonly dataDir: string
  readonly port: number
  readonly #auth: Auth
  readonly #listener: OpsListener

  private constructor(parts: { dataDir: string; port: number; auth: Auth; listener: OpsListener }) {
    this.dataDir = parts.dataDir
    this.port = parts.port
    this.#auth = parts.auth
    this.#listener = parts.listener
  }

  static async open(operations: Operations): Promise<OpsHouse> {
    const dataDir = mkdtempSync(join(tmpdir(), 'usher-ops-'))
    const auth = await Auth.open({ dataDir })
    const listener = new OpsListener({
      checks: () => [{ name: 'shards', isOk: false, detail: 'none is served' }],
      metrics: new Registry(),
      version: { version: 'test' },
      operations,
      history: async () => [],
      mayOperate: async token => {
        const caller = await auth.verify(token)
        return caller === undefined ? undefined : hasRole(caller, 'ops')
      },
    })
    return new OpsHouse({ dataDir, port: await listener.listen('127.0.0.1', 0), auth, listener })
  }

  async close(): Promise<void> {
    await this.#listener.stop()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  async tokenOf(role: Role): Promise<string> {
    return (await this.#auth.mintToken({ role, ttlMs: 60_000 })).token
  }

  get(path: string): Promise<OpsAnswer> {
    return this.ask('GET', path)
  }

  post(path: string, body?: unknown): Promise<OpsAnswer> {
    return this.ask('POST', path, body === undefined ? undefined : JSON.stringify(body))
  }

  /** With a token of the role ops unless the headers say otherwise. */
  async ask(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<OpsAnswer> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.tokenOf('ops')}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      body: (text === '' ? {} : JSON.parse(text)) as OpsAnswer['body'],
      headers: answer.headers,
    }
  }
}
