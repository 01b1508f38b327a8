// How values leave Postgres: the one place where types of the wire become types of the language.

import pg from 'pg'

const INT8 = 20
const NUMERIC = 1700
const TIMESTAMPTZ = 1184
const DATE = 1082

const dateOf = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => Date

/** int8 and numeric become numbers, timestamptz milliseconds since 1970, date stays text. */
const TEXT_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [NUMERIC]: Number,
  [TIMESTAMPTZ]: text => dateOf(text).getTime(),
  [DATE]: text => text,
}

/** Pass as `types` of a Pool or Client. */
export const pgTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) =>
    format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : (TEXT_PARSERS[oid] ?? pg.types.getTypeParser(oid, 'text')),
}
