// Fingers, mouse and wheel on the seat map.
//
// Owns: telling a tap from a drag, two fingers, the wheel.
// Leaves to others: what they do to the view (viewport.ts) and to seats (picker.ts).
//
//   U25. While the whole plan is seen, one finger scrolls the page as everywhere else; only a
//        zoomed plan takes the finger.

export type GestureActions = {
  readonly tap: (x: number, y: number) => void
  readonly hover: (x: number, y: number) => void
  readonly leave: () => void
  readonly pan: (dx: number, dy: number) => void
  readonly zoom: (factor: number, x: number, y: number) => void
  readonly isZoomed: () => boolean
}

const TAP_REACH_PX = 8

type Point = { x: number; y: number }

/** Listens until the returned function is called. */
export function listenToGestures(host: HTMLElement, actions: GestureActions): () => void {
  const gestures = new Gestures(host, actions)
  const stop = new AbortController()
  const { signal } = stop
  host.addEventListener('pointerdown', event => gestures.down(event), { signal })
  host.addEventListener('pointermove', event => gestures.move(event), { signal })
  host.addEventListener('pointerup', event => gestures.up(event), { signal })
  host.addEventListener('pointercancel', event => gestures.cancel(event), { signal })
  host.addEventListener('pointerleave', () => actions.leave(), { signal })
  host.addEventListener('wheel', event => gestures.wheel(event), { signal, passive: false })
  return () => stop.abort()
}

class Gestures {
  #host: HTMLElement
  #actions: GestureActions
  #points = new Map<number, Point>()
  #start: Point | undefined
  #isDrag = false

  constructor(host: HTMLElement, actions: GestureActions) {
    this.#host = host
    this.#actions = actions
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return
    const point = this.#pointOf(event)
    this.#points.set(event.pointerId, point)
    if (this.#points.size > 1) {
      this.#isDrag = true
      return
    }
    this.#start = point
    this.#isDrag = false
  }

  move(event: PointerEvent): void {
    const point = this.#pointOf(event)
    const before = this.#points.get(event.pointerId)
    if (before === undefined) return this.#actions.hover(point.x, point.y)
    if (this.#points.size === 2) this.#pinch(event.pointerId, before, point)
    else this.#drag(event, before, point)
    this.#points.set(event.pointerId, point)
  }

  up(event: PointerEvent): void {
    const wasDown = this.#points.delete(event.pointerId)
    if (!wasDown || this.#isDrag || this.#points.size > 0) return
    const { x, y } = this.#pointOf(event)
    this.#actions.tap(x, y)
  }

  cancel(event: PointerEvent): void {
    this.#points.delete(event.pointerId)
  }

  wheel(event: WheelEvent): void {
    const isOut = event.deltaY > 0
    if (isOut && !this.#actions.isZoomed() && !event.ctrlKey) return // the page scrolls on
    event.preventDefault()
    const { x, y } = this.#pointOf(event)
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY
    const strength = event.ctrlKey ? 0.01 : 0.002
    this.#actions.zoom(Math.exp(-pixels * strength), x, y)
  }

  #drag(event: PointerEvent, before: Point, point: Point): void {
    const start = this.#start ?? point
    if (Math.hypot(point.x - start.x, point.y - start.y) > TAP_REACH_PX && !this.#isDrag) {
      this.#isDrag = true
      this.#host.setPointerCapture(event.pointerId)
    }
    if (this.#isDrag) this.#actions.pan(point.x - before.x, point.y - before.y)
  }

  #pinch(id: number, before: Point, point: Point): void {
    const other = [...this.#points].find(([otherId]) => otherId !== id)?.[1]
    if (other === undefined) return
    const apart = Math.hypot(before.x - other.x, before.y - other.y) || 1
    const factor = Math.hypot(point.x - other.x, point.y - other.y) / apart
    this.#actions.pan((point.x - before.x) / 2, (point.y - before.y) / 2)
    this.#actions.zoom(factor, (point.x + other.x) / 2, (point.y + other.y) / 2)
  }

  #pointOf(event: MouseEvent): Point {
    const box = this.#host.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
}
