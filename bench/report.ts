// What a run says: one row per contestant and round, a verdict, and the same as JSON (schema 1).

import { writeFileSync } from 'node:fs'
import type { Histogram } from 'hdr-histogram-js'
import { isTrueOf, type Slo } from '../shared/slo.ts'
import { commitOf, type Machine, machineOf, measureDisk } from './machine.ts'
import type { Options } from './options.ts'

export interface Row {
  readonly name: string
  /** D0 none, D1 acknowledged by memory, D2 fsync before the answer, D3 replicated */
  readonly durability: 'D0' | 'D1' | 'D2' | 'D3'
  readonly opsPerSec: number
  readonly opsPerCpuSec: number
  readonly cpuSec: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly errors: number
  /** further figures by name, printed below the row */
  readonly extra?: Readonly<Record<string, number | string>>
}

export interface Verdict {
  readonly generatorValid: boolean
  readonly oversold: number
  readonly lostAcks: number
  readonly fifoBreaks: number
  readonly earlyExpiries: number
}

export interface Report {
  readonly schema: 1
  readonly scenario: string
  readonly machine: Machine
  readonly commit: string
  readonly seed: number
  readonly disk: { readonly fdatasyncP50Ms: number; readonly fdatasyncP99Ms: number }
  readonly rounds: readonly (readonly Row[])[]
  readonly contestants: readonly Row[]
  readonly ratios: readonly unknown[]
  readonly verdict: Verdict
}

export const CLEAN: Verdict = Object.freeze({
  generatorValid: true,
  oversold: 0,
  lostAcks: 0,
  fifoBreaks: 0,
  earlyExpiries: 0,
})

export function percentilesOf(histogram: Histogram): Pick<Row, 'p50Ms' | 'p99Ms' | 'p999Ms'> {
  const at = (percent: number): number => histogram.getValueAtPercentile(percent) / 1000
  return { p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9) }
}

export function makeReport(
  options: Options,
  rounds: readonly (readonly Row[])[],
  verdict: Verdict,
): Report {
  return {
    schema: 1,
    scenario: options.scenario,
    machine: machineOf(),
    commit: commitOf(),
    seed: options.seed,
    disk: measureDisk(),
    rounds,
    contestants: (rounds[0] ?? []).map(row => medianRow(rounds, row.name)),
    ratios: [],
    verdict,
  }
}

/** The round with the median rate stands for the contestant, whole, so that its figures belong together. */
function medianRow(rounds: readonly (readonly Row[])[], name: string): Row {
  const rows = rounds.flatMap(round => round.filter(row => row.name === name))
  rows.sort((left, right) => left.opsPerSec - right.opsPerSec)
  return rows[Math.floor(rows.length / 2)] as Row
}

const number = new Intl.NumberFormat('en', {
  maximumFractionDigits: 3,
  maximumSignificantDigits: 4,
})

export function printReport(report: Report, options: Options): void {
  const out = process.stdout
  if (!options.isQuiet) {
    const { cpu, cores, node } = report.machine
    out.write(
      `${report.scenario} · commit ${report.commit} · ${cores} cores ${cpu} · node ${node}\n`,
    )
    const { fdatasyncP50Ms, fdatasyncP99Ms } = report.disk
    out.write(
      `disk fdatasync p50 ${fdatasyncP50Ms.toFixed(2)} ms, p99 ${fdatasyncP99Ms.toFixed(2)} ms\n\n`,
    )
  }
  const heads = ['', 'dur', 'ops/s', 'ops/CPU-s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'errors']
  const lines = report.contestants.map(row => [
    row.name,
    row.durability,
    number.format(row.opsPerSec),
    number.format(row.opsPerCpuSec),
    number.format(row.p50Ms),
    number.format(row.p99Ms),
    number.format(row.p999Ms),
    String(row.errors),
  ])
  const widths = heads.map((head, at) =>
    Math.max(head.length, ...lines.map(line => (line[at] ?? '').length)),
  )
  for (const line of [heads, ...lines]) {
    out.write(
      `${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}\n`,
    )
  }
  for (const row of report.contestants) {
    for (const [name, value] of Object.entries(row.extra ?? {})) {
      out.write(
        `  ${row.name}: ${name} ${typeof value === 'number' ? number.format(value) : value}\n`,
      )
    }
  }
  const { verdict } = report
  out.write(
    `verdict: generator ${verdict.generatorValid ? 'valid' : 'TOO SLOW'}, oversold ${verdict.oversold}, ` +
      `lost acks ${verdict.lostAcks}, FIFO breaks ${verdict.fifoBreaks}, early expiries ${verdict.earlyExpiries}\n`,
  )
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
}

/** The SLOs that the report misses, in words. `hold.p99` means p99Ms of the scenario's first row. */
export function missedSlos(report: Report, slos: readonly Slo[]): readonly string[] {
  return slos.flatMap(slo => {
    const value = figureOf(report, slo.metric)
    return isTrueOf(slo, value) ? [] : [`${slo.text} was missed: ${number.format(value)}`]
  })
}

function figureOf(report: Report, metric: string): number {
  const [first, last] = metric.split('.')
  const row = report.contestants.find(item => item.name === first) ?? report.contestants[0]
  const name = last ?? first ?? ''
  const value = row?.[`${name}Ms` as keyof Row] ?? row?.[name as keyof Row] ?? row?.extra?.[name]
  return typeof value === 'number' ? value : Number.NaN
}

export function isBroken(verdict: Verdict): boolean {
  const { oversold, lostAcks, fifoBreaks, earlyExpiries } = verdict
  return oversold + lostAcks + fifoBreaks + earlyExpiries > 0
}
