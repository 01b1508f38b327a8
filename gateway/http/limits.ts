// How a limit announces itself (RateLimit and RateLimit-Policy header fields).

import type { Verdict } from '../admission.ts'
import type { Header } from '../reply.ts'

export function headersOfVerdict(verdict: Verdict): readonly Header[] {
  return [
    ['ratelimit-policy', verdict.policy],
    ['ratelimit', verdict.state],
  ]
}
