// Rows as a table for people or as JSON for programs.

type Row = Readonly<Record<string, unknown>>

export function printRows(rows: readonly Row[], format: string): void {
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify({ items: rows }, null, 2)}\n`)
    return
  }
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const lines = [names, ...rows.map(row => names.map(name => textOf(row[name])))]
  const widths = names.map((_, at) => Math.max(...lines.map(line => (line[at] ?? '').length)))
  for (const line of lines) {
    const cells = line.map((cell, at) => cell.padEnd(widths[at] ?? 0))
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

/** One thing: its fields below each other, or the object as it is. */
export function printFields(fields: Row, format: string): void {
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(fields, null, 2)}\n`)
    return
  }
  const width = Math.max(...Object.keys(fields).map(name => name.length))
  for (const [name, value] of Object.entries(fields)) {
    process.stdout.write(`${name.padEnd(width)}  ${textOf(value)}\n`)
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
