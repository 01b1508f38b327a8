// Frames of up to 8 KB stay in their row: moved out of line, a frame costs two more rows and an index.

import { type Kysely, sql } from 'kysely'

export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table journal_frame set (toast_tuple_target = 8160)`.execute(database)
}
