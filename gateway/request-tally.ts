// What requests became and how long they took, by kind: counted as they happen, read at a scrape.

import type { Query, Request } from '../shared/commands.ts'
import { LatencyTally } from '../shared/latency.ts'
import type { Reply } from '../shared/views.ts'

export interface KindTally {
  readonly latency: LatencyTally
  /** by `ok`, the code of a refusal, or the code of a fault */
  readonly outcomes: Map<string, number>
}

export class RequestTally {
  readonly kinds = new Map<string, KindTally>()

  note(kind: (Request | Query)['kind'], reply: Reply, ms: number): void {
    let tally = this.kinds.get(kind)
    if (tally === undefined) {
      tally = { latency: new LatencyTally(), outcomes: new Map() }
      this.kinds.set(kind, tally)
    }
    tally.latency.add(ms)
    const outcome = reply.kind === 'refused' || reply.kind === 'fault' ? reply.code : 'ok'
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1)
  }
}
