// The name of a search: equal questions have equal keys (search-index.ts).

import type { SeatingPlan } from '../../shared/seating-plan.ts'
import { categoriesIn } from './plan-bits.ts'
import type { Among } from './search-index.ts'

/** What is searched; one number each. */
export const SEARCH = Object.freeze({
  block: 0,
  blockWithOrphans: 1,
  run: 2,
  pair: 3,
  group: 4,
  single: 5,
  reach: 6,
})

interface SearchName extends Among {
  readonly search: number
  readonly count: number
}

/** Exact below 2^43: 30 bits of categories, 3 of kinds, 7 of count, 3 of search. */
export function searchKey(plan: SeatingPlan, name: SearchName): number {
  const categories = categoriesIn(plan, name.categories)
  return ((categories * 8 + name.kinds) * 128 + name.count) * 8 + name.search
}
