// `usher audit`: every invariant of the database, a line each; exit 11 when one is broken.

import { audit, auditBroker, type Finding } from '../../persistence/audit.ts'
import { openDatabase } from '../../persistence/database.ts'
import { Fault } from '../../shared/faults.ts'
import { EXIT } from '../../shared/service.ts'
import { readClusterConfig, withJournals } from './journals.ts'
import { printRows } from './rows.ts'

/** Server running or not; in a cluster the broker's frames are compared with the archive. */
export async function printAudit(format: string): Promise<void> {
  const config = readClusterConfig()
  const { cluster } = config
  const database = await openDatabase(config)
  try {
    const findings = [...(await audit(database.sql, { isArchive: cluster !== undefined }))]
    if (cluster !== undefined) findings.push(...(await brokerFindings({ cluster, database })))
    const rows = findings.map(({ name, violations, places }) => {
      return { invariant: name, violations, places: [...places] }
    })
    printRows(rows, format)
    if (findings.some(finding => finding.violations > 0)) process.exitCode = EXIT.incorrect
  } finally {
    await database.stop()
  }
}

/** A broker that is away says nothing about the invariants: the others are judged, exit 1 at least. */
async function brokerFindings(parts: Parameters<typeof withJournals>[0]): Promise<Finding[]> {
  try {
    return [await withJournals(parts, undefined, auditBroker)]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof Fault && error.kind === 'broker-unreachable') {
      process.stderr.write(`usher: The broker was not compared with the archive. ${reason}\n`)
      process.exitCode = EXIT.failure
      return []
    }
    return [{ name: 'the broker holds what is archived', violations: 1, places: [reason] }]
  }
}
