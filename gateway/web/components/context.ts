// What every component may use.
//
// Owns: the bundle of long-lived parts, handed down once.
// Leaves to others: making them (main.tsx).

import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { ApiClient } from '../api/client.ts'
import type { LiveConnection } from '../live/connection.ts'
import type { Commands } from '../stores/commands.ts'
import type { Router } from '../stores/router.ts'
import type { ShowDesk } from '../stores/show-desk.ts'

export type Parts = {
  readonly api: ApiClient
  readonly live: LiveConnection
  readonly commands: Commands
  readonly router: Router
  /** the desks that pushes about holds and places in line are told to */
  readonly desks: Map<string, ShowDesk>
}

export const PartsContext = createContext<Parts | undefined>(undefined)

export function useParts(): Parts {
  const parts = useContext(PartsContext)
  if (parts === undefined) throw new Error('a component was drawn outside the application')
  return parts
}
