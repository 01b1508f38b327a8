// `usher audit`: every invariant of the database, a line each; exit 11 when one is broken.

import { audit } from '../../persistence/audit.ts'
import { openDatabase } from '../../persistence/database.ts'
import { readConfig } from '../../shared/config.ts'
import { EXIT } from '../../shared/service.ts'
import { printRows } from './rows.ts'

/** Server running or not. */
export async function printAudit(format: string): Promise<void> {
  const database = await openDatabase(readConfig())
  try {
    const findings = await audit(database.sql)
    const rows = findings.map(({ name, violations, places }) => {
      return { invariant: name, violations, places: [...places] }
    })
    printRows(rows, format)
    if (findings.some(finding => finding.violations > 0)) process.exitCode = EXIT.incorrect
  } finally {
    await database.stop()
  }
}
