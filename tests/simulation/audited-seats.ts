// Who has each Seat of a Show, what watchers may know of it, and what a frame did to it.
//
// Owns: owners, the published map and its version (F1), which Seats a frame freed.
// Leaves to others: who may have a Seat (audited-show.ts).

import { check } from './audit-error.ts'

export type SeatOwner =
  | { readonly kind: 'free' }
  | { readonly kind: 'reserved'; readonly entry: string }
  | { readonly kind: 'held'; readonly hold: string }
  | { readonly kind: 'sold'; readonly booking: string }
  | { readonly kind: 'blocked' }

export const FREE: SeatOwner = { kind: 'free' }

const PUBLISHED: Readonly<Record<SeatOwner['kind'], number>> = {
  free: 0,
  reserved: 1,
  held: 1,
  sold: 2,
  blocked: 3,
}

export class AuditedSeats {
  readonly #owners: SeatOwner[]
  /** every owner that a Seat had during the frame, for Seats that changed */
  readonly #during = new Map<number, SeatOwner[]>()
  /** Seats of the transition under way, as they were published before it */
  readonly #before = new Map<number, number>()
  /** version at the end of frames that changed it */
  readonly #versions: { readonly frame: number; readonly version: number }[] = []
  /** seats that became free in this frame and still are */
  readonly fresh = new Set<number>()
  version = 0

  constructor(count: number) {
    this.#owners = Array.from({ length: count }, () => FREE)
  }

  /** An untouched map of another size that goes on counting. */
  movedTo(count: number): AuditedSeats {
    const moved = new AuditedSeats(count)
    moved.version = this.version
    moved.#versions.push(...this.#versions)
    return moved
  }

  get length(): number {
    return this.#owners.length
  }

  count(kind: SeatOwner['kind']): number {
    return this.#owners.filter(owner => owner.kind === kind).length
  }

  ownerOf(seat: number): SeatOwner {
    const owner = this.#owners[seat]
    check(owner !== undefined, 'S1', `there is no seat ${seat}`)
    return owner
  }

  /** Every owner that the Seat had in this frame, the one before it included. */
  ownersDuring(seat: number): readonly SeatOwner[] {
    return this.#during.get(seat) ?? [this.ownerOf(seat)]
  }

  get hasChanged(): boolean {
    return this.#during.size > 0
  }

  /** The 2-bit states that watchers know, by Seat. */
  published(): number[] {
    return this.#owners.map(owner => PUBLISHED[owner.kind])
  }

  /** At the end of that frame. */
  versionAt(frame: number): number {
    const last = this.#versions.findLast(one => one.frame <= frame)
    return last?.version ?? 0
  }

  set(seat: number, owner: SeatOwner): void {
    const before = this.ownerOf(seat)
    const during = this.#during.get(seat)
    if (during === undefined) this.#during.set(seat, [before, owner])
    else during.push(owner)
    if (!this.#before.has(seat)) this.#before.set(seat, PUBLISHED[before.kind])
    this.#owners[seat] = owner
    if (owner.kind === 'free') this.fresh.add(seat)
    else this.fresh.delete(seat)
  }

  transitionEnds(): void {
    for (const [seat, before] of this.#before) {
      if (PUBLISHED[this.ownerOf(seat).kind] !== before) this.version += 1
    }
    this.#before.clear()
  }

  frameBegins(): void {
    this.fresh.clear()
    this.#during.clear()
  }

  frameEnds(frame: number): void {
    if (this.version !== (this.#versions.at(-1)?.version ?? 0)) {
      this.#versions.push({ frame, version: this.version })
    }
  }
}
