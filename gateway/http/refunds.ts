// Which part of the price comes back, by the show's policy and the time left.

import type { RefundStep } from '../../shared/policy.ts'

/**
 * The percent of the most generous step that still applies; undefined when none does. A policy
 * without steps promises nothing, but nobody is kept from giving seats back before the start.
 */
export function refundPercentOf(
  steps: readonly RefundStep[],
  msBeforeStart: number,
): number | undefined {
  if (msBeforeStart <= 0) return undefined
  if (steps.length === 0) return 0
  const open = steps.filter(step => msBeforeStart >= step.untilMsBeforeStart)
  return open.length === 0 ? undefined : Math.max(...open.map(step => step.percent))
}
