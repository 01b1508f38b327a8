// How the browser application is bundled.
//
// Owns: the build of gateway/web into gateway/web/dist, and the proxy for development.
// Leaves to others: serving dist (gateway/http), the address of the server (USHER_PORT).

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const target = `http://127.0.0.1:${process.env.USHER_PORT ?? '8080'}`

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // A content security policy without data: URIs must be possible.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/v1/live': { target, ws: true },
      '/v1': { target },
    },
  },
})
