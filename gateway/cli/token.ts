// `usher token`: reads the keys of the data folder, server running or not, and prints only the token.

import { readConfig } from '../../shared/config.ts'
import { Auth, type Role } from '../auth.ts'

export async function printToken(role: Role, ttlMs: number): Promise<void> {
  const config = readConfig()
  const auth = await Auth.open(config)
  const { token } = await auth.mintToken({ role, ttlMs })
  process.stdout.write(`${token}\n`)
}
