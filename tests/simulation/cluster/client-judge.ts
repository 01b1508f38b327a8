// The second court of a simulated cluster: what clients hear and see at gateways, after link and feed.
//
// Owns: rules that only several processes can break, each judged with plain Maps.
// Leaves to others: what a shard decided and its own words (judge.ts, auditor.ts).
//
//   E6. A gateway answers nothing of an earlier reign than one that it has answered from.
//   W2. Whatever reign an answer is of: what it shows is in the journal when it is heard.
//   D5. Every effect is of a key that a client made: retries keep it.
//   LK1. A reign takes the asks of one gateway in their order, but for what was decided before.
//   F1. What a gateway shows as live is a map that once was, and never older than STALE_MS_MAX;
//       whoever is answered sees its own writes there.

import { isDeepStrictEqual } from 'node:util'
import { ByteReader } from '../../../shared/binary.ts'
import type { Request } from '../../../shared/commands.ts'
import { idTextOf, type ShardNumber, type ShowNumber } from '../../../shared/ids.ts'
import {
  compareReigns,
  type ReignNumber,
  type ReplyItem,
  readReplies,
} from '../../../shared/link-batches.ts'
import type { Passage } from '../../../shared/memory-transport.ts'
import { shardOf } from '../../../shared/placement.ts'
import type { Transition } from '../../../shared/transitions.ts'
import type { Reply } from '../../../shared/views.ts'
import { check } from '../audit-error.ts'
import type { AuditedShow } from '../audited-show.ts'
import type { Judge } from '../judge.ts'
import type { Agenda } from './agenda.ts'
import type { SimReign } from './sim-allocator.ts'
import type { SimGateway } from './sim-gateway.ts'

/** E5's two seconds, a second of silence, and the ways of messages that may be late. */
export const STALE_MS_MAX = 4_000
/** A head tells a lost message. */
const LOSS_MS_MAX = 2_000

export interface Asking {
  readonly request: Request
  readonly gateway: SimGateway
  /** of the link, in this run of the gateway; 0: it never came to the link */
  number: number
  isAnswered: boolean
}

interface Version {
  readonly version: number
  readonly frame: number
  /** since when an owner knows that it is durable; nobody can show it earlier */
  knownAtMs: number | undefined
}

interface Keyed {
  readonly asking: Asking
  askCount: number
  isDecided: boolean
}

interface Line {
  last: number
  readonly numbers: Set<number>
}

interface Told extends ReplyItem {
  readonly reign: ReignNumber
}

interface Arriving {
  readonly gateway: string
  readonly items: readonly Told[]
}

export class ClientJudge {
  readonly #judge: Judge
  readonly #agenda: Agenda
  readonly #keys = new Map<string, Keyed>()
  /** by gateway and shard */
  readonly #reigns = new Map<string, ReignNumber>()
  /** asks of one gateway that one reign of a shard has taken */
  readonly #lines = new Map<string, Line>()
  readonly #lostAtMs = new Map<string, number>()
  readonly #versions = new Map<ShowNumber, Version[]>()
  readonly #maps = new Map<string, Set<string>>()
  #arriving: Arriving | undefined

  constructor(judge: Judge, agenda: Agenda) {
    this.#judge = judge
    this.#agenda = agenda
  }

  asked(asking: Asking): void {
    const { request } = asking
    if (!('key' in request) || request.key === undefined) return
    const key = idTextOf(request.key.id)
    const known = this.#keys.get(key)
    if (known === undefined) this.#keys.set(key, { asking, askCount: 1, isDecided: false })
    else known.askCount += 1
  }

  /** An owner takes the request. LK1 */
  taken({ shard, epoch }: SimReign, request: Request): void {
    const known = this.#keyOf(request)
    if (known === undefined || known.askCount > 1 || known.isDecided) return
    if (request.kind === 'book-hold' || request.kind === 'cancel-booking') return // may wait long
    const { number, gateway } = known.asking
    const name = `${gateway.node.name}/${shard}/${epoch}`
    const line = this.#lines.get(name) ?? { last: 0, numbers: new Set<number>() }
    this.#lines.set(name, line)
    if (line.numbers.has(number)) return
    check(number > line.last, 'LK1', `ask ${number} is taken after ask ${line.last}`)
    line.last = number
    line.numbers.add(number)
  }

  /** An owner gave its answer, whether it will be heard or not. */
  decided(request: Request, reply: Reply): void {
    const known = this.#keyOf(request)
    if (known !== undefined && reply.kind !== 'fault') known.isDecided = true
  }

  /** D5 */
  effect(shard: ShardNumber, transition: Transition): void {
    if ('show' in transition) {
      const show = this.#judge.auditors.get(shard)?.shows.get(transition.show)
      if (show !== undefined) this.#noteMap(transition.show, show)
    }
    if (!('key' in transition) || transition.key === undefined) return
    const key = idTextOf(transition.key.id)
    check(this.#keys.has(key), 'D5', `an effect of command ${key}, which nobody sent`)
  }

  #keyOf(request: Request): Keyed | undefined {
    if (!('key' in request) || request.key === undefined) return undefined
    return this.#keys.get(idTextOf(request.key.id))
  }

  /** A message arrives: answers given meanwhile are out of it. */
  arriving(passage: Passage): void {
    const [, kind] = passage.subject.split('.')
    if (kind !== 'reply') return passage.arrive()
    const items: Told[] = []
    for (const part of readReplies(new ByteReader(passage.bytes)).parts) {
      if (part.kind !== 'replies') continue
      for (const item of part.items) items.push({ ...item, reign: part.reign })
    }
    this.#arriving = { gateway: passage.to, items }
    passage.arrive()
    this.#arriving = undefined
  }

  lost({ subject, to }: Passage): void {
    const [, kind, shard] = subject.split('.')
    if (kind === 'feed') this.#lostAtMs.set(`${to}/${shard}`, this.#agenda.nowMs)
  }

  heard(asking: Asking, reply: Reply): void {
    const { request, gateway, number } = asking
    const items = (this.#arriving?.items ?? []).filter(one => one.number === number)
    if (reply.kind === 'fault' && items.length === 0) return // the link or the router gave up
    const item = items.find(one => isDeepStrictEqual(one.reply, reply))
    check(item !== undefined, 'LK5', `${request.kind} was answered, and no such answer had come`)
    const shard = shardOf(request.show)
    const line = `${gateway.node.name}/${shard}`
    const latest = this.#reigns.get(line)
    const isOld = latest !== undefined && compareReigns(item.reign, latest) < 0
    check(!isOld, 'E6', `an answer of epoch ${item.reign.epoch} after one of ${latest?.epoch}`)
    this.#reigns.set(line, item.reign)
    this.#judge.heardElsewhere(request, reply)
    this.#checkOwnWrites(asking, reply)
  }

  /** An owner knows that everything up to the frame is durable. */
  known(shard: ShardNumber, frame: number): void {
    this.note()
    for (const show of this.#judge.auditors.get(shard)?.shows.keys() ?? []) {
      for (const one of this.#versions.get(show as ShowNumber) ?? []) {
        if (one.frame <= frame) one.knownAtMs ??= this.#agenda.nowMs
      }
    }
  }

  /** Called after every step: at most one frame of a shard has become durable. */
  note(): void {
    for (const auditor of this.#judge.auditors.values()) {
      const { frame } = auditor
      for (const [number, show] of auditor.shows) this.#noteShow(number as ShowNumber, show, frame)
    }
  }

  /** F1 */
  checkViews(gateway: SimGateway): void {
    for (const [show] of this.#versions) {
      const view = gateway.feed.peek(show)
      if (view === undefined) continue
      const states = Array.from({ length: view.seatCount }, (_, seat) => view.stateOf(seat))
      const isKnown = this.#maps.get(`${show}/${view.version}`)?.has(states.join('')) === true
      check(isKnown, 'F1', `${gateway.node.name} shows a map of ${show} that never was`)
      this.#checkFresh(gateway, show, view.version)
    }
    for (const { seen, show } of gateway.watchers) {
      if (seen === undefined) continue
      const isKnown = this.#maps.get(`${show}/${seen.version}`)?.has(seen.states.join('')) === true
      check(isKnown, 'F1', `a watcher of ${show} at ${gateway.node.name} has a map that never was`)
    }
  }

  /** Nothing is under way: every gateway shows the newest. */
  checkConverged(gateway: SimGateway): void {
    for (const [show, versions] of this.#versions) {
      const newest = versions.at(-1)?.version ?? 0
      const view = gateway.feed.peek(show)
      const name = gateway.node.name
      check(
        view?.version === newest,
        'F1',
        `${name} shows ${show} at ${view?.version}, not ${newest}`,
      )
      const watcher = gateway.watchers.find(one => one.show === show)
      const seen = watcher?.seen?.version
      check(seen === newest, 'F1', `a watcher of ${show} at ${name} knows ${seen}, not ${newest}`)
    }
    this.checkViews(gateway)
  }

  #checkFresh({ node }: SimGateway, show: ShowNumber, version: number): void {
    const { nowMs } = this.#agenda
    if (nowMs - node.wokeAtMs < STALE_MS_MAX) return
    const versions = this.#versions.get(show) ?? []
    const due = versions.findLast(
      one => one.knownAtMs !== undefined && one.knownAtMs <= nowMs - STALE_MS_MAX,
    )
    const isFresh = due === undefined || version >= due.version
    check(isFresh, 'F1', `${node.name} shows ${show} at ${version}, ${due?.version} is long known`)
  }

  #checkOwnWrites({ request, gateway }: Asking, reply: Reply): void {
    if (reply.kind !== 'hold') return
    const shard = shardOf(request.show)
    const lostAtMs = this.#lostAtMs.get(`${gateway.node.name}/${shard}`)
    if (lostAtMs !== undefined && this.#agenda.nowMs - lostAtMs < LOSS_MS_MAX) return
    const view = gateway.feed.peek(request.show)
    const auditor = this.#judge.auditors.get(shard)
    const version =
      auditor?.shows.get(request.show)?.seats.versionAt(auditor.frameOf(reply.hold.sequence)) ?? 0
    const isSeen = view === undefined || view.version >= version
    check(isSeen, 'F1', `answered of version ${version}, shown is ${view?.version}`)
  }

  #noteShow(number: ShowNumber, show: AuditedShow, frame: number): void {
    const versions = this.#versions.get(number) ?? []
    this.#versions.set(number, versions)
    const { version } = show.seats
    if (versions.at(-1)?.version !== version) {
      versions.push({ version, frame, knownAtMs: undefined })
    }
    this.#noteMap(number, show)
  }

  /** Also between two transitions of a frame: a query may have been answered there. */
  #noteMap(number: ShowNumber, { seats }: AuditedShow): void {
    const name = `${number}/${seats.version}`
    const maps = this.#maps.get(name) ?? new Set()
    const size = `size ${seats.length}` // another hall may have the same version
    if (maps.has(size)) return
    this.#maps.set(name, maps.add(size).add(seats.published().join('')))
  }
}
