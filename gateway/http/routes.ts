// The whole table of routes; the document and the server are made from it.

import { adminCatalogRoutes } from './admin-catalog.ts'
import { adminLayoutRoutes } from './admin-layouts.ts'
import { adminSeatRoutes } from './admin-seats.ts'
import { adminShowRoutes } from './admin-shows.ts'
import { bookingRoutes } from './bookings.ts'
import { catalogRoutes } from './catalog.ts'
import { holdRoutes } from './holds.ts'
import type { Route } from './route.ts'
import { sessionRoutes } from './sessions.ts'
import { showRoutes } from './shows.ts'
import { waitlistRoutes } from './waitlist.ts'

export const apiRoutes: readonly Route[] = [
  ...sessionRoutes,
  ...catalogRoutes,
  ...showRoutes,
  ...holdRoutes,
  ...bookingRoutes,
  ...waitlistRoutes,
  ...adminCatalogRoutes,
  ...adminLayoutRoutes,
  ...adminShowRoutes,
  ...adminSeatRoutes,
]
