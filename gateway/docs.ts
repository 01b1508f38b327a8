// The documents and the docs page, all offline: /openapi.json, /asyncapi.json, /docs, /docs/problems.
//
// Owns: which files of swagger-ui are served and the two small pages around them.
// Leaves to others: the documents themselves (schemas/), serving (static.ts).

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Route } from './http/route.ts'
import { PROBLEM_CODES, PROBLEMS } from './problems.ts'
import { asyncApiOf } from './schemas/asyncapi.ts'
import { openApiOf } from './schemas/openapi.ts'
import { fileOf, type StaticFile } from './static.ts'

const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const

// swagger-ui sets style attributes and small images of its own.
const DOCS_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function docsOf(routes: readonly Route[], version: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  const add = (path: string, content: string | Uint8Array, type?: string): void => {
    const options = { policy: DOCS_POLICY, ...(type === undefined ? {} : { type }) }
    files.set(path, fileOf(path, content, options))
  }
  add('/openapi.json', JSON.stringify(openApiOf(routes, { version })))
  add('/asyncapi.json', JSON.stringify(asyncApiOf({ version })))
  add('/docs', DOCS_PAGE, 'text/html; charset=utf-8')
  add('/docs/', DOCS_PAGE, 'text/html; charset=utf-8')
  add('/docs/start.js', DOCS_START)
  add('/docs/problems', problemsPage(), 'text/html; charset=utf-8')
  add('/docs/problems.css', PROBLEMS_STYLE)
  const require = createRequire(import.meta.url)
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'))
  for (const name of SWAGGER_FILES) add(`/docs/${name}`, readFileSync(join(folder, name)))
  return files
}

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Usher API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const DOCS_START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayOperationId: true,
  persistAuthorization: false,
  validatorUrl: null,
})
`

const PROBLEMS_STYLE = `:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid; padding: .25rem 0 }
section:target { outline: 3px solid; outline-offset: 6px }
h2 { font-size: 1.1rem; margin: .75rem 0 0 }
p { margin: .25rem 0 .75rem }
small { opacity: .8 }
`

function problemsPage(): string {
  const sections = PROBLEM_CODES.map(code => {
    const { status, title, meaning, isRetryable } = PROBLEMS[code]
    const again = isRetryable ? ', the same request may succeed later' : ''
    return `<section id="${code}">
<h2><code>${code}</code> ${escaped(title)}</h2>
<small>${status}${again}</small>
<p>${escaped(meaning)}</p>
</section>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Problems of the Usher API</title>
<link rel="stylesheet" href="/docs/problems.css">
</head>
<body>
<main>
<h1>Problems</h1>
<p>Every error is an <code>application/problem+json</code> document. Its <code>code</code> is one of
these, in order of precedence: when several apply, the first is told. <a href="/docs">All routes</a>.</p>
${sections.join('\n')}
</main>
</body>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
