// Where a Shard's Journal lives in JetStream: one stream per shard, a frame's number is its position.
//
// Owns: the names, the sentences about frames that are not there any more.
// Leaves to others: settings (allocator/journal/jetstream-streams.ts), reading (stream-frames.ts).

import { Fault } from './faults.ts'

/** `usher` -> `USHER_J_3` */
export function streamOf(cluster: string, shard: number): string {
  return `${cluster.toUpperCase().replaceAll('-', '_')}_J_${shard}`
}

/** `usher` -> `usher.j.3` */
export function subjectOf(cluster: string, shard: number): string {
  return `${cluster}.j.${shard}`
}

/** What is published as the message id of a frame. */
export function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex')
}

export function compacted(stream: string, from: number, firstKept: number): Fault {
  return new Fault(
    'journal-damaged',
    `The stream ${stream} begins at frame ${firstKept}, frame ${from} was compacted away. ` +
      'Read it from the archive in Postgres (usher restore).',
  )
}

export function streamMissing(stream: string, cause?: unknown): Fault {
  return new Fault(
    'configuration',
    `The broker has no stream ${stream}. Check NATS_URL and USHER_CLUSTER; ` +
      'a broker that lost its data is rebuilt from the archive by usher restore.',
    { cause },
  )
}
