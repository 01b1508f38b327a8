// Everything a visitor does at one show.
//
// Owns: loading the show, watching its seats, the selection, holds, the waitlist, notices.
// Leaves to others: one intention to one answer (commands.ts), order of versions (live/), drawing.
//
//   U17. What the server told last is what is shown; after every break the visitor's own holds and
//        place in line are asked for again.
//   U18. A refusal is told in a sentence and its seats are marked; nothing else of the page is lost.

import type { ApiClient } from '../api/client.ts'
import { Refused, silence } from '../api/refusal.ts'
import { sentenceOf } from '../api/sentences.ts'
import type { BestAsk, Entry, Hold, WaitAsk } from '../api/types.ts'
import { remainingMs } from '../lib/countdown.ts'
import { Store } from '../lib/store.ts'
import type { LiveConnection } from '../live/connection.ts'
import type { ShowWatch } from '../live/show-watch.ts'
import { newWatch, type Watch } from '../live/watch-machine.ts'
import type { Commands } from './commands.ts'
import { type DeskState, type Notice, nameOf, newDesk, seatsMaxOf, seatsOf } from './desk-state.ts'
import { type DraftRules, pressSeat, sweepDraft } from './draft.ts'
import { editableHold, isEntryLive, isLive, liveOnes, takeHold } from './holdings.ts'

const RANK_EVERY_MS = 4_000
const ENDING_GRACE_MS = 1_500
const SHOW_EVERY_MS = 15_000

export type DeskParts = {
  readonly api: ApiClient
  readonly live: LiveConnection
  readonly commands: Commands
}

export class ShowDesk {
  readonly showId: string
  readonly state = new Store<DeskState>(newDesk(newWatch(performance.now())))
  /** set by the seat map, which redraws only these */
  onSeats: (changed: readonly number[] | 'all') => void = () => {}
  #parts: DeskParts
  #watch: ShowWatch | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #askedAt = new Map<string, number>()
  #notices = 0

  constructor(showId: string, parts: DeskParts) {
    this.showId = showId
    this.#parts = parts
  }

  start(): void {
    this.#watch = this.#parts.live.watch(this.showId, {
      seatsChanged: changed => this.#seatsChanged(changed),
      statusChanged: watch => this.#statusChanged(watch),
    })
    this.#timer = setInterval(() => this.#tick(), 1_000)
    this.#load().catch(failure => this.state.patch({ problem: sentence(failure) }))
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#parts.live.unwatch(this.showId)
  }

  stateOf(index: number): 0 | 1 | 2 | 3 | undefined {
    return this.#watch?.seats.stateOf(index)
  }

  press(index: number): void {
    const pressed = pressSeat(this.state.get().draft, index, this.#rules())
    this.state.patch({ draft: pressed.draft, conflicts: new Set() })
    if (pressed.why !== undefined) this.say('info', pressed.why)
    else if (this.state.get().notice?.tone === 'info') this.hush()
  }

  undoDraft(): void {
    const own = seatsOf(editableHold(this.state.get().holdings))
    this.state.patch({ draft: own, conflicts: new Set() })
  }

  holdDraft(): Promise<void> {
    const seats = [...this.state.get().draft].sort((a, b) => a - b)
    return this.#act(async () => {
      this.#holdTaken(await this.#parts.commands.hold(this.showId, { seats }))
    })
  }

  holdBest(best: BestAsk): Promise<void> {
    return this.#act(async () => {
      const hold = await this.#parts.commands.hold(this.showId, { best })
      this.#holdTaken(hold)
      this.say('good', `Held for you: ${hold.seats.map(({ label }) => label).join(', ')}.`)
    })
  }

  changeHold(holdId: string): Promise<void> {
    const seats = [...this.state.get().draft].sort((a, b) => a - b)
    return this.#act(async () => {
      this.#holdTaken(await this.#parts.commands.change(holdId, seats))
      this.say('good', 'Your seats were changed. The time left stays the same.')
    })
  }

  release(holdId: string): Promise<void> {
    return this.#act(async () => {
      const hold = await this.#parts.commands.release(holdId)
      this.takeHold(hold ?? (await this.#parts.api.hold(holdId)))
      this.say('info', 'Released. The seats are free for others now.')
    })
  }

  extend(holdId: string): Promise<void> {
    return this.#act(async () => {
      this.takeHold(await this.#parts.commands.extend(holdId))
      this.say('good', 'You have more time now.')
    })
  }

  book(holdId: string, contact: { email: string; name?: string }): Promise<void> {
    return this.#act(async () => {
      const booking = await this.#parts.commands.book(holdId, contact)
      const seats = booking.seats.map(({ index }) => index)
      const booked = new Set([...this.state.get().booked, ...seats])
      this.state.patch({ booking, booked, draft: new Set() })
      this.takeHold(await this.#parts.api.hold(holdId))
      this.say('good', 'Booked. Enjoy the show.')
    })
  }

  join(ask: WaitAsk): Promise<void> {
    return this.#act(async () => {
      this.takeEntry(await this.#parts.commands.join(this.showId, ask))
      this.state.patch({ largest: undefined })
    })
  }

  leave(entryId: string): Promise<void> {
    return this.#act(async () => {
      const entry = await this.#parts.commands.leave(entryId)
      this.takeEntry(entry ?? (await this.#parts.api.entry(entryId)))
    })
  }

  decline(entryId: string): Promise<void> {
    return this.#act(async () => this.takeEntry(await this.#parts.commands.decline(entryId)))
  }

  /** An answer or a push about one of the visitor's holds. */
  takeHold(hold: Hold): void {
    const { holdings } = this.state.get()
    const before = holdings.get(hold.id)?.hold
    const next = takeHold(holdings, hold, performance.now())
    if (next === holdings) return
    this.state.patch({ holdings: next })
    if (before !== undefined && isLive(before) && !isLive(hold)) this.#holdEnded(hold)
    else if (before === undefined && isLive(hold)) this.#adopt(hold)
  }

  /** An answer or a push about the visitor's place in line. */
  takeEntry(entry: Entry): void {
    const before = this.state.get().entry
    if (before !== undefined && before.id !== entry.id && !isEntryLive(entry)) return
    this.state.patch({ entry })
    if (entry.hold) this.takeHold(entry.hold)
    if (before?.state !== entry.state) this.#entryMoved(entry, before)
  }

  say(tone: Notice['tone'], text: string): void {
    this.state.patch({ notice: { tone, text, id: ++this.#notices } })
  }

  hush(): void {
    this.state.patch({ notice: undefined })
  }

  async #load(): Promise<void> {
    const { api } = this.#parts
    const show = await api.show(this.showId)
    this.state.patch({ show })
    const layout = await api.layout(show.layoutId)
    this.state.patch({ layout })
    await this.#reconcile()
    const bookings = await api.bookings()
    const mine = bookings.filter(({ showId, status }) => {
      return showId === this.showId && status !== 'cancelled'
    })
    const booked = mine.flatMap(({ seats }) => seats.map(({ index }) => index))
    this.state.patch({ booked: new Set([...this.state.get().booked, ...booked]) })
  }

  /** U17: what is really mine, after a break or at the start. */
  async #reconcile(): Promise<void> {
    const { api } = this.#parts
    const [holds, entries] = await Promise.all([
      api.holdsOfShow(this.showId),
      api.entriesOfShow(this.showId),
    ])
    for (const hold of holds) this.takeHold(hold)
    const listed = new Set(holds.map(({ id }) => id))
    const missing = liveOnes(this.state.get().holdings).filter(({ hold }) => !listed.has(hold.id))
    for (const { hold } of missing) this.takeHold(await api.hold(hold.id))
    const entry = entries.find(isEntryLive)
    const known = this.state.get().entry
    if (entry !== undefined) this.takeEntry(entry)
    else if (isEntryLive(known)) this.takeEntry(await api.entry(known.id))
  }

  #seatsChanged(changed: readonly number[] | 'all'): void {
    this.state.patch({ counts: this.#watch?.seats.counts })
    this.#sweep()
    this.onSeats(changed)
  }

  /** U14. While a command is under way the seats may be turning into one's own: swept after it. */
  #sweep(): void {
    const state = this.state.get()
    if (state.isBusy) return
    const { draft, lost } = sweepDraft(state.draft, this.#rules())
    if (lost.length === 0) return
    this.state.patch({ draft, conflicts: new Set(lost) })
    this.say('bad', `Somebody else just took ${lost.map(i => nameOf(state, i)).join(', ')}.`)
  }

  #statusChanged(watch: Watch): void {
    const before = this.state.get().watch
    this.state.patch({ watch })
    const isBack = watch.status === 'live' && before.position !== undefined
    if (isBack && before.status !== 'live') this.#reconcile().catch(() => {}) // U17
  }

  #rules(): DraftRules {
    const state = this.state.get()
    const hold = editableHold(state.holdings)
    return {
      stateOf: index => this.stateOf(index),
      seatsMax: seatsMaxOf(state),
      own: seatsOf(hold),
      isDropOnly: hold?.origin === 'offer',
      nameOf: index => nameOf(state, index),
    }
  }

  #holdTaken(hold: Hold): void {
    this.takeHold(hold)
    this.#adopt(hold)
    this.state.patch({ largest: undefined, notice: undefined })
  }

  #adopt(hold: Hold): void {
    this.state.patch({ draft: seatsOf(hold), conflicts: new Set() })
  }

  #holdEnded(hold: Hold): void {
    this.undoDraft()
    if (hold.phase === 'expired') {
      this.say('bad', 'The time for your seats has run out. They went on to others.')
    }
  }

  #entryMoved(entry: Entry, before: Entry | undefined): void {
    if (entry.state === 'offered') this.say('good', 'Seats for you! Please look at your offer.')
    if (entry.state === 'lapsed') {
      this.say('bad', 'Your offer has run out and the seats went on. You may join again.')
    }
    if (entry.state === 'left' && before !== undefined) this.say('info', 'You left the waitlist.')
    if (entry.state === 'waiting' && before?.state === 'offered') {
      this.say('info', 'Declined. You keep your place in line this once.')
    }
  }

  /** One thing at a time; a refusal becomes a sentence and marks its seats (U18). */
  async #act(work: () => Promise<void>): Promise<void> {
    if (this.state.get().isBusy) return
    this.state.patch({ isBusy: true, conflicts: new Set() })
    try {
      await work()
    } catch (failure) {
      this.#refused(failure)
    } finally {
      this.state.patch({ isBusy: false })
      this.#sweep()
    }
  }

  #refused(failure: unknown): void {
    const { code, conflicts = [], largest } = refusalIn(failure)
    const taken = conflicts.map(({ seat }) => seat)
    const draft = [...this.state.get().draft].filter(index => !taken.includes(index))
    const isAboutRoom = code === 'no-block' || code === 'sold-out'
    const isAboutSeats = code === 'seat-taken' || code === 'leaves-orphan'
    this.state.patch({
      conflicts: isAboutSeats ? new Set(taken) : new Set(),
      draft: code === 'seat-taken' ? new Set(draft) : this.state.get().draft,
      largest: isAboutRoom ? (largest ?? 0) : this.state.get().largest,
    })
    this.say('bad', sentence(failure))
    if (code === 'hold-expired' || code === 'outcome-unknown' || code === 'not-offered') {
      this.#reconcile().catch(() => {})
    }
  }

  #tick(): void {
    const now = performance.now()
    if (globalThis.document?.visibilityState === 'hidden') return
    const { holdings, entry, show } = this.state.get()
    if (show?.status === 'scheduled')
      this.#askRarely(show.id, () => this.#readShow(), SHOW_EVERY_MS)
    for (const { hold, deadline } of liveOnes(holdings)) {
      const isOver = remainingMs(deadline + ENDING_GRACE_MS, now) === 0
      if (isOver) this.#askRarely(hold.id, async () => this.takeHold(await this.#readHold(hold.id)))
    }
    if (entry?.state === 'waiting') this.#askRarely(entry.id, () => this.#readRank(entry))
  }

  #askRarely(id: string, work: () => Promise<void>, everyMs = RANK_EVERY_MS): void {
    const now = performance.now()
    if (now - (this.#askedAt.get(id) ?? -everyMs) < everyMs) return
    this.#askedAt.set(id, now)
    work().catch(() => {}) // asked again soon
  }

  /** Sales may have opened meanwhile. */
  async #readShow(): Promise<void> {
    const show = await this.#parts.api.show(this.showId)
    if (show.status !== this.state.get().show?.status) this.state.patch({ show })
  }

  #readHold(holdId: string): Promise<Hold> {
    return this.#parts.api.hold(holdId)
  }

  async #readRank(entry: Entry): Promise<void> {
    const ahead = await this.#parts.commands.rank(entry.id)
    const current = this.state.get().entry
    if (current?.id === entry.id && current.state === 'waiting') {
      this.state.patch({ entry: { ...current, ahead } })
    }
  }
}

const refusalIn = (failure: unknown): Refused['refusal'] =>
  failure instanceof Refused ? failure.refusal : silence(String(failure))

const sentence = (failure: unknown): string => sentenceOf(refusalIn(failure))
