// The browser application, put together.
//
//   1. the parts that live as long as the page   2. pushes to the desk of their show
//   3. coming back when the network or the visitor does   4. the first drawing

import { render } from 'preact'
import { ApiClient } from './api/client.ts'
import { App } from './components/app.tsx'
import { type Parts, PartsContext } from './components/context.ts'
import { LiveConnection } from './live/connection.ts'
import { Commands } from './stores/commands.ts'
import { Router } from './stores/router.ts'
import type { ShowDesk } from './stores/show-desk.ts'

const desks = new Map<string, ShowDesk>()
const api = new ApiClient('', localStorage)
const live = new LiveConnection({
  url: `${location.origin.replace(/^http/, 'ws')}/v1/live`,
  token: () => api.session.token(),
  forgetToken: token => api.session.forget(token),
  onHold: hold => desks.get(hold.showId)?.takeHold(hold),
  onEntry: entry => desks.get(entry.showId)?.takeEntry(entry),
})
const parts: Parts = { api, live, commands: new Commands(api, live), router: new Router(), desks }

addEventListener('online', () => live.open())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') live.open()
})

parts.router.start()
const root = document.getElementById('app')
if (root !== null) {
  render(
    <PartsContext.Provider value={parts}>
      <App />
    </PartsContext.Provider>,
    root,
  )
}
