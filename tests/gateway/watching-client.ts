// A client that follows the rules of the contract to the letter, and checks what it is told.
//
//   A map replaces; a delta applies only when its `from` is the version shown, older ones are
//   dropped, any other asks again with (epoch, version); a head that is ahead asks again.

import assert from 'node:assert/strict'
import { decodeBinary } from '../../gateway/web/live/binary.ts'
import type { FakeSocket } from './fake-socket.ts'
import { type LiveStage, SHOW_ID } from './live-stage.ts'

export class WatchingClient {
  readonly #stage: LiveStage
  readonly #isBinary: boolean
  #socket: FakeSocket | undefined
  #states = new Uint8Array(0)
  #epoch = 0
  #version = -1
  #nextId = 1
  #isAsking = false
  #skips = 0

  constructor(stage: LiveStage, isBinary: boolean) {
    this.#stage = stage
    this.#isBinary = isBinary
  }

  get isConnected(): boolean {
    return this.#socket !== undefined
  }

  get position(): string {
    return `${this.#epoch}:${this.#version}`
  }

  connect(): void {
    if (this.#socket !== undefined) return
    this.#socket = this.#stage.greet(undefined, this.#isBinary)
    this.#ask()
  }

  drop(): void {
    this.#socket?.end()
    this.#socket = undefined
    this.#isAsking = false
  }

  /** uWS may skip a slow socket: the next delta does not reach it. */
  skipOne(): void {
    this.#skips += 1
  }

  readAndCheck(): void {
    for (const message of this.#socket?.take() ?? []) {
      if (typeof message === 'string') this.#readText(JSON.parse(message))
      else this.#readBytes(message)
    }
    if (this.#version < 0) return
    const shown = Buffer.from(this.#states).toString('hex')
    assert.equal(this.#stage.desk.history.get(this.position), shown, `the map of ${this.position}`)
  }

  #ask(): void {
    if (this.#socket === undefined) return
    this.#isAsking = true
    const since = this.#version < 0 ? {} : { since: { epoch: this.#epoch, version: this.#version } }
    this.#stage.say(this.#socket, { id: this.#nextId++, op: 'watch', showId: SHOW_ID, ...since })
  }

  #readText(message: Record<string, unknown>): void {
    if (message.ok !== undefined) {
      this.#isAsking = false
      this.#map(message.ok as Record<string, unknown>)
    } else if (message.ev === 'resync') this.#map(message)
    else if (message.ev === 'seats') this.#delta(message as unknown as Delta)
    else if (message.ev === 'head') this.#head(Number(message.epoch), Number(message.version))
  }

  #map(message: Record<string, unknown>): void {
    if (message.recovered === true) {
      assert.equal(message.epoch, this.#epoch)
      this.#apply(message.changes as [number, number][])
      this.#version = Number(message.version)
    } else if (typeof message.states === 'string') {
      const packed = new Uint8Array(Buffer.from(message.states, 'base64'))
      this.#replace(Number(message.epoch), Number(message.version), packed)
    }
  }

  #readBytes(bytes: Uint8Array): void {
    const copy = Uint8Array.from(bytes)
    const message = decodeBinary(copy.buffer)
    assert.ok(message !== undefined, 'K1: the bytes are a message')
    if (message.kind === 'snapshot') {
      this.#replace(message.epoch, message.version, Uint8Array.from(message.packed))
      return
    }
    const changes = [...message.changes].map(change => [change >>> 2, change & 3] as const)
    this.#delta({ ...message, changes })
  }

  #replace(epoch: number, version: number, packed: Uint8Array<ArrayBuffer>): void {
    this.#epoch = epoch
    this.#version = version
    this.#states = packed
  }

  #delta(delta: Delta): void {
    if (this.#skips > 0) {
      this.#skips -= 1
      return
    }
    assert.equal(delta.changes.length, delta.to - delta.from, 'F1: every version is told')
    if (delta.epoch === this.#epoch && delta.from === this.#version) {
      this.#apply(delta.changes)
      this.#version = delta.to
    } else if (delta.epoch !== this.#epoch || delta.to > this.#version) {
      assert.equal(delta.epoch, this.#epoch, 'F1: only resync changes the epoch')
      if (!this.#isAsking) this.#ask()
    }
  }

  #head(epoch: number, version: number): void {
    assert.ok(
      epoch !== this.#epoch || version >= this.#version || this.#isAsking,
      'a head is not behind',
    )
    const isBehind = epoch !== this.#epoch || version > this.#version
    if (isBehind && !this.#isAsking) this.#ask()
  }

  #apply(changes: readonly (readonly [number, number])[]): void {
    for (const [seat, state] of changes) {
      const shift = (seat & 3) << 1
      const kept = (this.#states[seat >>> 2] as number) & ~(3 << shift)
      this.#states[seat >>> 2] = kept | (state << shift)
    }
  }
}

interface Delta {
  readonly epoch: number
  readonly from: number
  readonly to: number
  readonly changes: readonly (readonly [number, number])[]
}
