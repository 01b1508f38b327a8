// The data folder: everything persistent of one Usher (api.md, USHER_DATA_DIR).

import { chmod, mkdir } from 'node:fs/promises'
import { Fault } from '../shared/faults.ts'

/**
 * Makes the folder, closed to everybody else. Root's folder may be passed through (not listed),
 * because its Postgres runs under another account; every secret in it is a file of mode 0600.
 */
export async function prepareDataDir(path: string): Promise<void> {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700
  try {
    await mkdir(path, { recursive: true, mode })
    await chmod(path, mode)
  } catch (error) {
    throw new Fault(
      'configuration',
      `The data folder ${path} cannot be made or closed to others (${String(error)}): ` +
        'give a folder of your own in USHER_DATA_DIR.',
      { cause: error },
    )
  }
}
