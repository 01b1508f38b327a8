// A link to another page of this application.
//
// Owns: a real address with an ordinary press handled without a page load.
// Leaves to others: addresses (stores/router.ts).

import type { ComponentChildren } from 'preact'
import { pathOf, type Route } from '../stores/router.ts'
import { useParts } from './context.ts'

export function Link(props: {
  to: Route
  class?: string
  current?: boolean
  children: ComponentChildren
}) {
  const { router } = useParts()
  const onClick = (event: MouseEvent): void => {
    const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    if (!isPlain || event.button !== 0) return
    event.preventDefault()
    router.go(props.to)
  }
  return (
    <a
      href={pathOf(props.to)}
      onClick={onClick}
      class={props.class}
      aria-current={props.current === true ? 'true' : undefined}
    >
      {props.children}
    </a>
  )
}
