// Whether a process of the cluster is connected to the broker, as the broker sees it.
//
// Owns: the subject that a process listens on for as long as it lives; asking for it.
// Leaves to others: what follows from an absence (allocator/membership.ts).
//
//   PR1. Only the broker's own word counts: silence, a slow answer or a broken connection say nothing.

import { errors, type NatsConnection } from '@nats-io/nats-core'
import type { NodeId } from './ids.ts'

const ASK_MS_MAX = 400

/** Where operators reach one node as well. */
export const nodeSubjectOf = (cluster: string, node: NodeId): string => `${cluster}.ops.${node}`

/** From now on others can see that this process is there. */
export function showPresence(nats: NatsConnection, cluster: string, node: NodeId): void {
  nats.subscribe(nodeSubjectOf(cluster, node), {
    callback: (error, message) => {
      if (error === null && message.data.length === 0) message.respond()
    },
  })
}

/** PR1 */
export async function isAbsent(
  nats: NatsConnection,
  cluster: string,
  node: NodeId,
): Promise<boolean> {
  try {
    await nats.request(nodeSubjectOf(cluster, node), undefined, { timeout: ASK_MS_MAX })
    return false
  } catch (cause) {
    if (cause instanceof errors.NoRespondersError) return true
    return cause instanceof errors.RequestError && cause.isNoResponders()
  }
}
