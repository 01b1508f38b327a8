// What keeps the data right and is therefore constant (design.md §10). What protects is configuration.

import { assert } from './assert.ts'

export const LIMITS = Object.freeze({
  seatsPerLayoutMax: 200_000,
  categoriesPerLayoutMax: 30,
  seatsPerHoldMax: 64,
  waitersPerShowMax: 1_000_000,
  waitBucketsPerShowMax: 256,
  showsPerProcessMax: 100_000,
  shardCount: 16,
  httpBodyBytesMax: 16 * 1024,
  webhookBodyBytesMax: 256 * 1024,
  layoutBodyBytesMax: 32 * 1024 * 1024,
  socketFrameBytesSoftMax: 4 * 1024,
  socketFrameBytesHardMax: 16 * 1024,
  socketBacklogBytesMax: 64 * 1024,
  watchedShowsPerSocketMax: 8,
  messagesPerSocketPerSecond: 20,
  messagesPerSocketBurst: 40,
  frameBytesMax: 256 * 1024,
  batchDecideMsMax: 1,
  inboxAgeMsMax: 50,
  stringLengthMax: 128,
  idempotencyKeyLengthMax: 255,
  commandKeysPerShardMax: 1_000_000,
  commandKeyAfterEndMs: 120_000,
  endedAnsweredMs: 24 * 60 * 60 * 1000,
  holdsEndedPerPassTimeMax: 256,
  changesKeptPerShow: 4_096,
  snapshotAboveChanges: 4_096,
  feedTickMs: 50,
  headEveryMs: 5_000,
  quietAppendMs: 2_000,
  paymentLifeLeftMsMin: 60_000,
  outageCreditMsMax: 60_000,
  settlingAlarmMs: 120_000,
})

assert(LIMITS.socketFrameBytesSoftMax < LIMITS.socketFrameBytesHardMax, 'limits: soft < hard')
assert(LIMITS.snapshotAboveChanges <= LIMITS.changesKeptPerShow, 'limits: a tick fits the ring')
assert(LIMITS.categoriesPerLayoutMax < 31, 'limits: a category set is a 31-bit mask')
