import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import test from 'node:test'

test('X1 a report reaches the collector of the DSN and carries no request or user', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => {
      body += data.toString()
    })
    request.on('end', () => {
      bodies.push(body)
      response.end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  // reportError stands still by design, so it runs in another process than the collector
  const script = `
    import { reportError } from '${new URL('../../shared/error-report.ts', import.meta.url).href}'
    process.exitCode = reportError('http://key@127.0.0.1:${port}/1', 'usher@test', new Error('S1: planted'))`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'inherit',
  })
  const status = await new Promise(resolve => child.once('exit', resolve))
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  assert.equal(status, 0)
  const text = bodies.join('\n')
  assert.match(text, /S1: planted/)
  for (const personal of ['"user"', '"request"', '"cookies"', '"ip_address"']) {
    assert.ok(!text.includes(personal), personal)
  }
})
