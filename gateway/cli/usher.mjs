#!/usr/bin/env node
// The installed command: runs usher.ts under the TypeScript loader and passes signals and the exit code on.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./usher.ts', import.meta.url))
const loader = import.meta.resolve('tsx')
// Commands and answers die young: a nursery of that size keeps them out of the old generation.
const flags = ['--max-semi-space-size=64', '--import', loader, script]
const child = spawn(process.execPath, [...flags, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
