// How often somebody may do something: one question, asked of memory or of what gateways share.
//
// Owns: the seam (Rate) and the rates of one process.
// Leaves to others: which rates there are and what a refusal says (admission.ts), Redis (shared-rates.ts).

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { TokenBuckets } from './buckets.ts'

/** `waitMs` 0: taken; `left` more can be taken now. */
export interface Taken {
  readonly waitMs: number
  readonly left: number
}

export interface Rate {
  take(name: string): Promise<Taken>
}

export interface Rates {
  /** guest sessions of an address */
  readonly guests: Rate
  /** requests of a customer */
  readonly customers: Rate
}

/** So many at once, then so many a second. */
export interface Bucket {
  readonly burst: number
  readonly perSecond: number
}

export interface RateNumbers {
  readonly guests: Bucket
  readonly customersPerSecond: number
}

/** Each process counts for itself. */
export function memoryRates({ guests, customersPerSecond }: RateNumbers): Rates {
  return {
    guests: bucketRate(guests),
    customers: limiterRate(new RateLimiterMemory({ points: customersPerSecond, duration: 1 })),
  }
}

function bucketRate(bucket: Bucket): Rate {
  const buckets = new TokenBuckets<string>(bucket)
  return {
    take: async name => {
      const now = performance.now()
      return { waitMs: buckets.take(name, now), left: buckets.left(name, now) }
    },
  }
}

interface Limiter {
  consume(name: string): Promise<RateLimiterRes>
}

export function limiterRate(limiter: Limiter): Rate {
  return {
    take: async name => {
      try {
        const { remainingPoints } = await limiter.consume(name)
        return { waitMs: 0, left: remainingPoints }
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        return { waitMs: Math.max(1, refused.msBeforeNext), left: 0 }
      }
    },
  }
}
