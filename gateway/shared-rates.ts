// Rates that all gateways of a cluster count together, in Redis.
//
//   RA1. A rate is one script in Redis, so that two gateways never take the same place.
//   RA2. While Redis is away each gateway counts for itself (the insurance): limits loosen to one
//        share per gateway, nobody is locked out and nobody waits.
//   RA3. Who is over the limit is refused from memory until a place is free: a flood stays here.

import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { type Bucket, limiterRate, type Rate, type RateNumbers, type Rates } from './rates.ts'
import type { SharedRedis } from './redis.ts'

export function sharedRates(redis: SharedRedis, numbers: RateNumbers): Rates {
  const { guests, customersPerSecond } = numbers
  return {
    guests: sharedRate(redis, {
      name: 'guests',
      points: guests.burst,
      seconds: Math.max(1, Math.ceil(guests.burst / guests.perSecond)),
      script: bucketScript(guests),
    }),
    customers: sharedRate(redis, { name: 'customers', points: customersPerSecond, seconds: 1 }),
  }
}

interface Shared {
  readonly name: string
  readonly points: number
  readonly seconds: number
  /** default: a window that begins with the first place taken */
  readonly script?: string
}

function sharedRate(redis: SharedRedis, { name, points, seconds, script }: Shared): Rate {
  const limit = { points, duration: seconds }
  const limiter = new RateLimiterRedis({
    ...limit,
    storeClient: clientOf(redis, name),
    keyPrefix: `rate:${name}`,
    rejectIfRedisNotReady: true,
    inMemoryBlockOnConsumed: points + 1, // RA3
    insuranceLimiter: new RateLimiterMemory(limit), // RA2
    ...(script === undefined ? {} : { customIncrTtlLuaScript: script }),
  })
  return limiterRate(limiter)
}

/**
 * A token bucket as one instant, the algorithm of buckets.ts (ITU-T I.371), by the clock of Redis.
 * Answers {places taken, milliseconds to wait}; more than the burst: refused.
 */
function bucketScript({ burst, perSecond }: Bucket): string {
  return `
    local time = redis.call('time')
    local now = time[1] * 1000 + time[2] / 1000
    local per = ${1_000 / perSecond}
    local full = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now) + ARGV[1] * per
    local wait = full - now - ${burst} * per
    if wait > 0 then return {${burst} + 1, math.ceil(wait)} end
    redis.call('set', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
    return {math.ceil((full - now) / per - 0.001), 0}`
}

/** rate-limiter-flexible gives every script one name; here each limiter keeps its own. */
function clientOf({ client }: SharedRedis, name: string): object {
  const command = `rate_${name}`
  const scripts = client as unknown as Record<string, (args: string[]) => Promise<unknown>>
  return {
    get status() {
      return client.status
    },
    defineCommand: (_: string, script: { readonly lua: string; readonly numberOfKeys: number }) =>
      client.defineCommand(command, script),
    rlflxIncr: (args: string[]) => scripts[command]?.(args),
  }
}
