// Sends one error to Sentry and ends: 0 when it was sent. Every kind of data collection is off by name.

import { readFileSync } from 'node:fs'
import * as sentry from '@sentry/node'

const SEND_MS_MAX = 2_000

const { dsn, release, name, message, stack } = JSON.parse(readFileSync(0, 'utf8'))
sentry.init({
  dsn,
  release,
  defaultIntegrations: false,
  sendClientReports: false,
  dataCollection: {
    userInfo: false,
    cookies: false,
    httpHeaders: false,
    httpBodies: [],
    urlQueryParams: false,
    graphQL: { document: false, variables: false },
    genAI: { inputs: false, outputs: false },
    mcp: { inputs: false, outputs: false },
  },
})
const error = new Error(message)
error.name = name
error.stack = stack
sentry.captureException(error)
process.exitCode = (await sentry.close(SEND_MS_MAX)) ? 0 : 1
