// The door of the ledger's thread: threads do not inherit the TypeScript loader on every Node.

import { register } from 'tsx/esm/api'

register()
await import('./ledger-worker.ts')
