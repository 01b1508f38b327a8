// The JSON body of an operator's request.

import type { IncomingMessage } from 'node:http'
import { LIMITS } from '../../shared/limits.ts'
import { isJsonMedia, textOf } from '../body.ts'
import { refuse } from '../reply.ts'

/** `{}` when there is no body. Throws Refused: body-too-large, unsupported-media-type, bad-json. */
export async function jsonBodyOf(request: IncomingMessage): Promise<unknown> {
  const bytes = await bytesOf(request)
  if (bytes.length === 0) return {}
  const { 'content-type': type = '', 'content-encoding': encoding = '' } = request.headers
  if (!isJsonMedia(type, encoding)) throw refuse('unsupported-media-type')
  const text = textOf(bytes)
  if (text === undefined) throw refuse('bad-json', 'The body is not valid UTF-8.')
  try {
    return JSON.parse(text)
  } catch {
    throw refuse('bad-json', 'The body is not valid JSON.')
  }
}

/** What is over the limit is let run past, so that the client can read the answer. */
async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length <= LIMITS.httpBodyBytesMax) parts.push(part)
  }
  if (length > LIMITS.httpBodyBytesMax) throw refuse('body-too-large')
  return Buffer.concat(parts)
}
