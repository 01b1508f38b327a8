// `usher get`, `usher explain` and `usher import layout`: what the running Usher says, as rows.

import { readFile } from 'node:fs/promises'
import { type HoldId, parseId, publicIdOf, showNumberOf } from '../../shared/ids.ts'
import { EXIT } from '../../shared/service.ts'
import { askOps, askUsher } from './asking.ts'
import { printRows } from './rows.ts'

type Rows = readonly Readonly<Record<string, unknown>>[]

export async function printView(what: 'nodes' | 'shards', format: string): Promise<void> {
  await printOps(`/ops/v1/${what}`, format)
}

/** The life of a hold; its id says which show it is of. */
export async function explainHold(text: string, format: string): Promise<void> {
  const hold = parseId<HoldId>(text)
  if (hold === undefined) {
    process.stderr.write(`usher: ${text} is not the id of a hold.\n`)
    process.exitCode = EXIT.usage
    return
  }
  const show = publicIdOf('show', showNumberOf(hold))
  await printOps(`/ops/v1/shows/${show}/history?hold=${text}&limit=1000`, format)
}

export async function explainSeat(show: string, seat: string, format: string): Promise<void> {
  const path = `/ops/v1/shows/${encodeURIComponent(show)}/history`
  await printOps(`${path}?seat=${encodeURIComponent(seat)}&limit=1000`, format)
}

/** A new layout version of an auditorium from Usher's own JSON or a pretix seating plan. */
export async function importLayout(
  file: string,
  auditorium: string,
  format: string,
): Promise<void> {
  const body = await readFile(file).catch(() => undefined)
  if (body === undefined) {
    process.stderr.write(`usher: The file ${file} cannot be read.\n`)
    process.exitCode = EXIT.notFound
    return
  }
  const path = `/v1/admin/auditoriums/${encodeURIComponent(auditorium)}/layouts`
  const layout = await askUsher({
    listener: 'public',
    role: 'admin',
    path,
    body: new Uint8Array(body),
  })
  if (layout !== undefined) printRows([layout], format)
}

async function printOps(path: string, format: string): Promise<void> {
  const answer = await askOps(path)
  if (answer === undefined) return
  const rows = answer.items as Rows
  if (rows.length > 0) return printRows(rows, format)
  process.stderr.write('usher: Nothing is known of it.\n')
  process.exitCode = EXIT.notFound
}
