// The door of the import's threads: threads do not inherit the TypeScript loader on every Node.

import { register } from 'tsx/esm/api'

register()
const { importDocument } = await import('./layout-import.ts')

export default importDocument
