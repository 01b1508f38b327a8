// One watched show: its seats and how current they are.
//
// Owns: applying messages to the seat states as the machine allows, telling listeners.
// Leaves to others: the rules of order (watch-machine.ts), the socket (connection.ts).

import type { DeltaMessage, SnapshotMessage } from './binary.ts'
import { pairsOf, SeatStates } from './seat-states.ts'
import {
  newWatch,
  type Position,
  stepWatch,
  type Watch,
  type WatchEffect,
  type WatchEvent,
} from './watch-machine.ts'

export type WatchListener = {
  readonly seatsChanged: (changed: readonly number[] | 'all') => void
  readonly statusChanged: (watch: Watch) => void
}

type Changes = Iterable<readonly [number, number]>

export class ShowWatch {
  readonly showId: string
  readonly seats = new SeatStates()
  showRef: number | undefined
  #watch: Watch
  #listener: WatchListener

  constructor(showId: string, listener: WatchListener, now: number) {
    this.showId = showId
    this.#listener = listener
    this.#watch = newWatch(now)
  }

  get position(): Position | undefined {
    return this.#watch.position
  }

  get current(): Watch {
    return this.#watch
  }

  /** An event without seats: opened, head, lagged, closed, tick. */
  tell(event: WatchEvent, now: number): WatchEffect {
    const before = this.#watch
    const { watch, effect } = stepWatch(before, event, now)
    this.#watch = watch
    if (before.status !== watch.status) this.#listener.statusChanged(watch)
    return effect
  }

  snapshot(message: SnapshotMessage, now: number): WatchEffect {
    const effect = this.tell({ kind: 'map', epoch: message.epoch, version: message.version }, now)
    if (effect !== 'apply') return effect
    this.#listener.seatsChanged(this.seats.load(message.packed, message.seatCount))
    return 'none'
  }

  /** The answer to a watch that could be resumed: changes since our position. */
  recovered(at: Position, changes: Changes, now: number): WatchEffect {
    const effect = this.tell({ kind: 'map', epoch: at.epoch, version: at.version }, now)
    return this.#take(effect, changes)
  }

  delta(message: DeltaMessage, now: number): WatchEffect {
    const { epoch, from, to } = message
    const effect = this.tell({ kind: 'delta', epoch, from, to }, now)
    return this.#take(effect, pairsOf(message.changes))
  }

  #take(effect: WatchEffect, changes: Changes): WatchEffect {
    if (effect !== 'apply') return effect
    const changed = this.seats.apply(changes)
    if (changed.length > 0) this.#listener.seatsChanged(changed)
    return 'none'
  }
}
