// Every invariant that the tables can show, judged on one snapshot of the database (`usher audit`).
//
// Owns: the snapshot, what is compared with the broker. Leaves to others: the invariants
// (audit-invariants.ts), the chain of frames (audit-journal.ts), printing and the exit code.
//
//   AU1. Read only, one repeatable-read snapshot: a serving Usher may go on meanwhile.
//   AU2. A check names the first few places that break it.
//   AU3. In a cluster the broker must hold every archived frame that it has not given up, and the same.

import { type Kysely, sql } from 'kysely'
import { ARCHIVE_INVARIANTS, INVARIANTS } from './audit-invariants.ts'
import { brokenChains } from './audit-journal.ts'
import { planRestore, type RestoreOptions, type ShardPlan } from './restore.ts'
import type { Tables } from './tables.ts'

export interface Finding {
  readonly name: string
  readonly violations: number
  /** the first places */
  readonly places: readonly string[]
}

const PLACES_MAX = 5

export interface AuditOptions {
  /** the frames in the table are an archive, not the journal itself */
  readonly isArchive?: boolean
}

/** AU1 */
export function audit(
  database: Kysely<Tables>,
  { isArchive = false }: AuditOptions = {},
): Promise<readonly Finding[]> {
  const snapshot = database.transaction().setIsolationLevel('repeatable read')
  const invariants = isArchive ? { ...INVARIANTS, ...ARCHIVE_INVARIANTS } : INVARIANTS
  return snapshot.setAccessMode('read only').execute(async open => {
    const findings: Finding[] = []
    for (const [name, query] of Object.entries(invariants)) {
      const { rows } = await sql<Record<string, string>>`${sql.raw(query)}`.execute(open)
      const places = rows.map(row => Object.values(row)[0] ?? '')
      findings.push(findingOf(name, places))
    }
    const chains = await brokenChains(open)
    return [...findings, findingOf('the journal is one unbroken chain', chains)]
  })
}

/** AU3; a broker that is ahead is what a ledger that lags looks like. */
export async function auditBroker(options: RestoreOptions): Promise<Finding> {
  const plans = await planRestore(options)
  return findingOf('the broker holds what is archived', plans.flatMap(troubleOf))
}

function troubleOf({ shard, verdict, archived, head, lost }: ShardPlan): readonly string[] {
  switch (verdict) {
    case 'missing':
      return [`shard ${shard}: the broker has no journal, the archive ends at ${archived?.number}`]
    case 'behind':
      return [
        `shard ${shard}: the broker ends at ${head?.number}, the archive at ${archived?.number}`,
      ]
    case 'foreign':
      return [`shard ${shard}: ${lost} frame(s) of the broker are not the archived ones`]
    default:
      return []
  }
}

function findingOf(name: string, places: readonly string[]): Finding {
  return { name, violations: places.length, places: places.slice(0, PLACES_MAX) } // AU2
}
