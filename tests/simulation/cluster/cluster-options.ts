// What a simulated cluster is told from outside: its seed, lies for the judge, bugs to plant; and which
// faults it has.

import type { FeedEnd } from '../../../gateway/feed-subscriber.ts'
import type { Journal, Transport } from '../../../shared/ports.ts'
import type { Tamper } from '../judge.ts'

/** What a test puts between a process and its surroundings: a bug, planted. */
export interface Plant {
  /** between an allocator and the broker */
  journal?(honest: Journal): Journal
  /** between a process and the network */
  transport?(honest: Transport, node: string): Transport
  /** between a gateway's subscriber and its feed */
  feedEnd?(honest: FeedEnd): FeedEnd
}

export interface ClusterOptions {
  readonly seed: number
  readonly steps?: number
  readonly tamper?: Tamper
  readonly plant?: Plant
  readonly onTrace?: (line: string) => void
}

/** Each of these must have had its effect somewhere over many worlds. */
export const CLUSTER_FAULTS = [
  'ack-lost',
  'allocator-killed',
  'cordon',
  'cut',
  'cut-lost',
  'gateway-killed',
  'ghost-rejected',
  'ghost-stored',
  'join',
  'leader-change',
  'leaderless',
  'leave',
  'ledger-crash',
  'lost-answer',
  'lost-page',
  'message-late',
  'message-lost',
  'message-twice',
  'move-asked',
  'moved',
  'other-body',
  'page-refused',
  'parted',
  'parted-lost',
  'pause',
  'rejected',
  'repeat',
  'repeat-undecided',
  'resend-rejected',
  'send-late',
  'send-lost',
  'stale-read',
  'stopped',
  'store-full',
  'taken-over',
  'unsure-of-tail',
  'zombie-fenced',
] as const
