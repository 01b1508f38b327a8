// Speaks HTTP by hand: what a well-behaved client never sends.

import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: string
  readonly body: string
}

/** Sends the parts with pauses between them; resolves with the first answer, or undefined on a cut. */
export function rawExchange(
  port: number,
  parts: readonly (string | Uint8Array)[],
  options: { readonly pauseMs?: number; readonly withinMs?: number } = {},
): Promise<RawAnswer | undefined> {
  const { pauseMs = 0, withinMs = 10_000 } = options
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error('no answer came in time'))
    }, withinMs)
    let received = ''
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answerOf(received))
    }
    socket.on('data', data => {
      received += data.toString('latin1')
      if (isWhole(received)) finish()
    })
    socket.on('close', finish)
    socket.on('error', finish)
    void sendSlowly(socket, parts, pauseMs)
  })
}

async function sendSlowly(
  socket: ReturnType<typeof connect>,
  parts: readonly (string | Uint8Array)[],
  pauseMs: number,
): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return
    socket.write(part)
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1]
  return text.length >= end + 4 + Number(length ?? 0)
}

function answerOf(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
  if (end < 0 || status === undefined) return undefined
  return { status: Number(status), headers: text.slice(0, end), body: text.slice(end + 4) }
}
