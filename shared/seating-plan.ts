// A Layout compiled for the allocator: dense typed arrays over SeatIndex, shared by all its Shows.
//
// Owns: the physical facts of a hall (rows, segments, neighbours, quality) and their digest.
// Leaves to others: what is free (core/seat-map.ts), which seats to pick (core/best-available.ts).
//
//   G1. A segment is a contiguous range of indexes inside its row's contiguous range (S4, S6).
//   G2. Equal layouts compile to equal digests, on every machine.

export interface SeatingPlan {
  readonly seatCount: number
  readonly categoryCount: number
  readonly segmentCount: number
  readonly rowCount: number
  readonly sectionCount: number
  readonly categoryOf: Uint8Array
  /** 0 standard, 1 accessible, 2 companion */
  readonly kindOf: Uint8Array
  readonly segmentOf: Uint32Array
  readonly rowOf: Uint32Array
  /** length segmentCount + 1: segment s covers indexes [segmentStart[s], segmentStart[s + 1]) */
  readonly segmentStart: Uint32Array
  /** length rowCount + 1 */
  readonly rowStart: Uint32Array
  readonly sectionOfRow: Uint32Array
  /** the row directly behind in the same section, or -1 */
  readonly rowBehind: Int32Array
  /** 0 is the best seat; ties by index */
  readonly qualityRank: Uint32Array
  readonly x: Float32Array
  readonly y: Float32Array
  /** hex SHA-256 */
  readonly digest: string
}
