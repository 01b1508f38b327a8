// Telling a database that failed from a statement that was refused.

import pg from 'pg'
import { Fault } from '../shared/faults.ts'

export const DIVISION_BY_ZERO = '22012'
export const FOREIGN_KEY_VIOLATION = '23503'
export const UNIQUE_VIOLATION = '23505'

/** connection lost, out of resources, shutting down: the surroundings, not the statement */
const AWAY = /^(08|53|57|58|XX)/

/** The SQLSTATE when Postgres itself refused the statement. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** The constraint that a refused statement broke. */
export function constraintOf(error: unknown): string {
  return error instanceof pg.DatabaseError ? (error.constraint ?? '') : ''
}

const LOST = /connection|ECONN|EPIPE|ENOENT|timeout|terminated|pool after calling end/i

/** A failing store as Fault('database-unavailable'); anything else as it is. */
export function asFault(error: unknown): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error
  const state = sqlStateOf(error)
  const isAway = state === undefined ? LOST.test(String(error)) : AWAY.test(state)
  if (!isAway) return error
  return new Fault(
    'database-unavailable',
    'The database does not answer at the moment: try again shortly.',
    { cause: error },
  )
}

/** The store whose failures are told as Faults, in its methods and in those of its parts. */
export function guarded<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value === 'object' && value !== null) return guarded(value)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, given)
        if (!(result instanceof Promise)) return result
        return result.catch(error => {
          throw asFault(error)
        })
      }
    },
  })
}
