// The metrics of all processes of a local cluster in one answer, each sample with its node.
//
// Owns: asking the ops listeners, putting families together as Prometheus wants them.
// Leaves to others: what the figures are (metrics.ts), in compose Prometheus asks each process itself.
//
//   GM1. A process that does not answer in time is left out: its figures are missing, not wrong.

import type { Membership } from '../../allocator/membership.ts'
import type { MetricsText } from '../ops/listener.ts'

const ANSWER_MS_MAX = 1_000

interface Family {
  /** its HELP and TYPE lines */
  readonly about: string[]
  readonly samples: string[]
}

export function gatheredMetrics(
  membership: Membership,
  own: MetricsText,
  host: string,
): MetricsText {
  return {
    contentType: own.contentType,
    metrics: async () => {
      const others = membership.beats.filter(beat => beat.opsPort > 0)
      const texts = await Promise.all(
        others.map(async ({ node, opsPort }) => ({ node, text: await metricsAt(host, opsPort) })),
      )
      return together([{ node: membership.self, text: await own.metrics() }, ...texts])
    },
  }
}

/** GM1 */
async function metricsAt(host: string, port: number): Promise<string> {
  try {
    const reachable = host.includes(':') ? `[${host}]` : host
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    return await (await fetch(`http://${reachable}:${port}/metrics`, { signal })).text()
  } catch {
    return ''
  }
}

/** Every family once, whoever has it. */
export function together(
  texts: readonly { readonly node: string; readonly text: string }[],
): string {
  const families = new Map<string, Family>()
  for (const { node, text } of texts) {
    let family: Family = { about: [], samples: [] }
    for (const line of text.split('\n')) {
      const named = /^# (HELP|TYPE) (\S+)/.exec(line)
      if (named !== null) {
        const [, kind = '', name = ''] = named
        family = families.get(name) ?? { about: [], samples: [] }
        families.set(name, family)
        if (!family.about.some(other => other.startsWith(`# ${kind} `))) family.about.push(line)
      } else if (line !== '') family.samples.push(withNode(line, node))
    }
  }
  const lines = [...families.values()].flatMap(({ about, samples }) => [...about, ...samples, ''])
  return lines.join('\n')
}

function withNode(sample: string, node: string): string {
  const [, name = '', labels, rest = ''] = /^([^\s{]+)(?:\{(.*)\})?(\s.*)$/.exec(sample) ?? []
  const own = labels === undefined || labels === '' ? '' : `,${labels}`
  return `${name}{node="${node}"${own}}${rest}`
}
