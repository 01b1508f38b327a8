// Builds the browser application into the image, so that no container has to (Dockerfile).

import { createLog } from '../../../shared/log.ts'
import { buildWeb } from '../../web-build.ts'

await buildWeb(createLog('build', 'info'))
