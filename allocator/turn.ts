// The turn of the event loop that all writers of a process share.
//
// Owns: when waiting writers run, the tick that lets time pass, noticing that the loop stood still.
// Leaves to others: what a writer does in its run (writer.ts).
//
//   W7. Writers run once the loop has taken in what had arrived: requests of one turn share a frame,
//       and frames of one turn share a commit.
//   W8. After a pause of over a second every writer proves itself by an append before any expiry or
//       output: a process that slept may have been replaced (§5 Time).
//   W9. turnEnded() follows the output of a turn at once, but only when the next batch is on its way
//       to the journal: writing to sockets is what the time of a commit is good for.

import type { Clock, FeedSink } from '../shared/ports.ts'

const LOOP_GAP_MS_MAX = 1_000

export interface TurnMember {
  /** decides what waits; called once per wake() */
  run(): void
  /** wakes itself when something is due */
  tick(): void
  /** the loop stood still: nothing may leave before an append succeeded */
  distrust(): void
}

export interface TurnOptions {
  readonly clock: Clock
  readonly feed: FeedSink
  /** runs a step when the loop has taken in what had arrived; setImmediate unless simulated */
  readonly schedule?: (step: () => void) => void
}

export class Turn {
  readonly #clock: Clock
  readonly #feed: FeedSink
  readonly #schedule: (step: () => void) => void
  #members: readonly TurnMember[] = []
  #ready: TurnMember[] = []
  #isScheduled = false
  #hasOutput = false
  #seenAtMs: number

  constructor({ clock, feed, schedule = setImmediate }: TurnOptions) {
    this.#clock = clock
    this.#feed = feed
    this.#schedule = schedule
    this.#seenAtMs = clock.monotonicMs()
  }

  join(member: TurnMember): void {
    this.#members = [...this.#members, member]
  }

  /** It is asked nothing more, but runs once more if it asked to. */
  leave(member: TurnMember): void {
    this.#members = this.#members.filter(other => other !== member)
  }

  /** The member runs at the end of this turn; it asks once until it has run. */
  wake(member: TurnMember): void {
    this.#ready.push(member)
    this.#scheduleOnce()
  }

  /** Replies or news were handed over in this turn. */
  noteOutput(): void {
    this.#hasOutput = true
    this.#scheduleOnce()
  }

  /** Called by the process's one timer. */
  tick(): void {
    this.watchLoop()
    for (const member of this.#members) member.tick()
  }

  #scheduleOnce(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(this.#run)
  }

  readonly #run = (): void => {
    this.#isScheduled = false
    this.watchLoop()
    const ready = this.#ready
    this.#ready = []
    for (const member of ready) member.run()
    if (!this.#hasOutput) return
    this.#hasOutput = false
    this.#schedule(this.#endOutput)
  }

  readonly #endOutput = (): void => this.#feed.turnEnded() // W9

  /** Called before anything leaves: after a pause an ack may come before the timer. W8 */
  watchLoop(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#seenAtMs > LOOP_GAP_MS_MAX) {
      for (const member of this.#members) member.distrust()
    }
    this.#seenAtMs = nowMs
  }
}
