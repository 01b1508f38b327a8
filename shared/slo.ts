// A condition on a measured figure, as people write it: `hold.p99<25ms`, `errors<1`, `hold.p50>2s`.

export interface Slo {
  readonly text: string
  readonly metric: string
  readonly isBelow: boolean
  /** milliseconds when the text has a unit of time */
  readonly bound: number
}

/** undefined when the text is no condition. */
export function parseSlo(text: string): Slo | undefined {
  const match = /^([a-zA-Z.0-9]+)\s*([<>])\s*([0-9]+(?:\.[0-9]+)?)(ms|s|\/s)?$/.exec(text.trim())
  if (match === null) return undefined
  const factor = match[4] === 's' ? 1_000 : 1
  return {
    text: text.trim(),
    metric: match[1] as string,
    isBelow: match[2] === '<',
    bound: Number(match[3]) * factor,
  }
}

/** Whether the condition is true of a figure; never of NaN. */
export function isTrueOf(slo: Slo, value: number): boolean {
  return slo.isBelow ? value < slo.bound : value > slo.bound
}
