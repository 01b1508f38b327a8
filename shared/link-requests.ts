// Requests to and from bytes: what a gateway asks of a shard.
//
//   | kind and flags: u8 | show: varint | customer and key of a customer's command | its fields |
//
// Owns: the number of each kind, the dispatch, what every customer's command carries.
// Leaves to others: the fields of a kind (link-commands, link-house), batches (link-batches.ts).
//
//   K1. decode(encode(request)) equals the request, a key left out included. The tables are complete
//       by type: a new kind does not compile until it can travel.
//   K3. Bytes that are no Request throw MalformedBytes, nothing else.

import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import { readKey, writeKey } from './codec-fields.ts'
import type { Request } from './commands.ts'
import { asShowNumber, type CustomerId, type ShowNumber } from './ids.ts'
import { type Asked, CUSTOMER_CODECS, type CustomerKind } from './link-commands.ts'
import { PLAIN_CODECS } from './link-house.ts'

/** 1 .. 31 in the low five bits; customers' commands come first. */
const NUMBERS: Readonly<Record<Request['kind'], number>> = {
  'hold-seats': 1,
  'hold-best': 2,
  'change-hold': 3,
  'release-hold': 4,
  'extend-hold': 5,
  'start-payment': 6,
  'settle-hold': 7,
  'fail-settlement': 8,
  'book-hold': 9,
  'cancel-booking': 10,
  'join-waitlist': 11,
  'leave-waitlist': 12,
  'decline-offer': 13,
  'open-show': 14,
  'change-show': 15,
  'cancel-show': 16,
  'block-seats': 17,
  'unblock-seats': 18,
  'read-hold': 19,
  'read-entry': 20,
  'read-customer': 21,
  'read-show': 22,
}

const KIND_MASK = 0x1f
const HAS_KEY = 0x20
const IS_BOX_OFFICE = 0x40

/** The tables are complete by type, so one kind's codec meets only its own Request. */
interface AnyCustomerCodec {
  write(writer: ByteWriter, request: Request): void
  read(reader: ByteReader, asked: Asked): Request
}

interface AnyPlainCodec {
  write(writer: ByteWriter, request: Request): void
  read(reader: ByteReader, show: ShowNumber): Request
}

const customerCodecs: (AnyCustomerCodec | undefined)[] = new Array(KIND_MASK + 1).fill(undefined)
const plainCodecs: (AnyPlainCodec | undefined)[] = new Array(KIND_MASK + 1).fill(undefined)
for (const [kind, codec] of Object.entries(CUSTOMER_CODECS)) {
  customerCodecs[NUMBERS[kind as CustomerKind]] = codec as AnyCustomerCodec
}
for (const [kind, codec] of Object.entries(PLAIN_CODECS)) {
  plainCodecs[NUMBERS[kind as Request['kind']]] = codec as AnyPlainCodec
}

export function writeRequest(writer: ByteWriter, request: Request): void {
  const number = NUMBERS[request.kind]
  const customerCodec = customerCodecs[number]
  if (customerCodec === undefined) {
    writer.u8(number)
    writer.varint(request.show)
    plainCodecs[number]?.write(writer, request)
    return
  }
  const asked = request as Asked
  const { key } = asked
  writer.u8(number | (key === undefined ? 0 : HAS_KEY) | (asked.isBoxOffice ? IS_BOX_OFFICE : 0))
  writer.varint(asked.show)
  writer.id(asked.customer)
  writeKey(writer, key)
  customerCodec.write(writer, request)
}

/** Reads one request where the reader stands; throws MalformedBytes. K3 */
export function readRequest(reader: ByteReader): Request {
  const first = reader.u8()
  const show = asShowNumber(reader.count(0xffff_ffff))
  const customerCodec = customerCodecs[first & KIND_MASK]
  if (customerCodec !== undefined) {
    const customer = reader.id<CustomerId>()
    const isBoxOffice = (first & IS_BOX_OFFICE) !== 0
    const asked: Asked =
      (first & HAS_KEY) === 0
        ? { show, customer, isBoxOffice }
        : { show, customer, isBoxOffice, key: readKey(reader) }
    return customerCodec.read(reader, asked)
  }
  const plainCodec = plainCodecs[first & KIND_MASK]
  if (plainCodec === undefined) throw new MalformedBytes(`no request kind ${first & KIND_MASK}`)
  return plainCodec.read(reader, show)
}
