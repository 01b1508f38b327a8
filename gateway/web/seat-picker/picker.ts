// The embeddable seat map: give it an element, a layout and the marks of seats.
//
//   const picker = new SeatPicker(element, { layout, markOf, describe, onPress, categories, name })
//   picker.changed([4, 5])   repaint these        picker.changed('all')   repaint everything
//
// Owns: the view, the keyboard's seat, repainting, what is read aloud.
// Leaves to others: which seats are free or chosen and what a press does (the embedding page).
//
//   U26. The map is one tab stop: arrows move a seat at a time, Enter or Space presses it, + and -
//        zoom, 0 shows everything; the seat and its state are read aloud.
//   U27. A press on seats too small to tell apart zooms in instead of guessing.

import { listenToGestures } from './gestures.ts'
import { paintLabels } from './labels.ts'
import type { Mark } from './marks.ts'
import { type Step, seatAfter } from './navigation.ts'
import { paintAll, paintSome, type Scene, seatPixels } from './painter.ts'
import { type Palette, readPalette } from './palette.ts'
import { type PickerLayout, Plan } from './plan.ts'
import { Readout } from './readout.ts'
import {
  fitted,
  isZoomed,
  panned,
  type Reach,
  revealing,
  type Size,
  type Viewport,
  zoomed,
} from './viewport.ts'

export type PickerOptions = {
  readonly layout: PickerLayout
  /** what the map is called, e.g. the hall and the show */
  readonly name: string
  readonly markOf: (index: number) => Mark
  /** the seat in words: "Row C, seat 12, Stalls, €12, free" */
  readonly describe: (index: number) => string
  readonly onPress: (index: number) => void
  /** category ids in the order of their tints */
  readonly categories: readonly string[]
  readonly onPoint?: (index: number | undefined) => void
}

const TELLABLE_PX = 11
const KEYBOARD_PX = 16
const ZOOM_STEP = 1.6

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
  PageUp: 'section-back',
  PageDown: 'section-on',
}

export class SeatPicker {
  #options: PickerOptions
  #plan: Plan
  #readout: Readout
  #seats: CanvasRenderingContext2D
  #labels: CanvasRenderingContext2D
  #size: Size = { width: 1, height: 1 }
  #view: Viewport = { scale: 1, offsetX: 0, offsetY: 0 }
  #palette: Palette
  #cursor: number
  #hasFit = false
  #only: string | undefined
  #tints: Uint8Array
  #frame = 0
  #pending: Set<number> | 'all' | 'none' = 'none'
  #stops: (() => void)[] = []

  constructor(host: HTMLElement, options: PickerOptions) {
    this.#options = options
    this.#plan = new Plan(options.layout)
    this.#tints = Uint8Array.from(options.layout.seats, seat =>
      Math.max(0, options.categories.indexOf(seat.category)),
    )
    this.#cursor = firstSeat(this.#plan)
    this.#readout = new Readout(host, this.#plan, options)
    this.#shape()
    this.#seats = contextOf(this.#readout.addCanvas())
    this.#labels = contextOf(this.#readout.addCanvas())
    this.#palette = readPalette(host)
    this.#listen(host)
    this.#measure()
  }

  /** Seats whose mark changed. Repainted in the next frame. */
  changed(seats: readonly number[] | 'all'): void {
    if (seats === 'all' || this.#pending === 'all') this.#pending = 'all'
    else {
      if (this.#pending === 'none') this.#pending = new Set()
      for (const index of seats) this.#pending.add(index)
    }
    this.#request()
  }

  /** Draws the seats of the other categories faintly; undefined: all alike. */
  showOnly(category: string | undefined): void {
    if (this.#only === category) return
    this.#only = category
    this.changed('all')
  }

  zoomBy(factor: number): void {
    this.#zoom(factor, this.#size.width / 2, this.#size.height / 2)
  }

  fit(): void {
    this.#look(fitted(this.#reach))
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame)
    for (const stop of this.#stops) stop()
    this.#readout.remove()
  }

  get #reach(): Reach {
    const { bounds, focus, pitch } = this.#plan
    // The screen belongs to the picture: there is room for it and its name.
    const wide = {
      minX: Math.min(bounds.minX - pitch, focus.x),
      minY: Math.min(bounds.minY, focus.y),
      maxX: Math.max(bounds.maxX + pitch, focus.x),
      maxY: Math.max(bounds.maxY, focus.y),
    }
    return { bounds: wide, size: this.#size, pitch }
  }

  get #scene(): Scene {
    const { categories, layout, markOf } = this.#options
    const only = this.#only
    return {
      plan: this.#plan,
      view: this.#view,
      size: this.#size,
      palette: this.#palette,
      markOf,
      tintOf: index => this.#tints[index] ?? 0,
      isDim: index =>
        only !== undefined && categories.includes(only) && layout.seats[index]?.category !== only,
    }
  }

  #listen(host: HTMLElement): void {
    const { surface } = this.#readout
    const sizes = new ResizeObserver(() => this.#measure())
    sizes.observe(surface)
    const theme = matchMedia('(prefers-color-scheme: dark)')
    const retint = (): void => {
      this.#palette = readPalette(host)
      this.changed('all')
    }
    theme.addEventListener('change', retint)
    const onKey = (event: KeyboardEvent): void => this.#key(event)
    const onFocus = (): void => this.#moveTo(this.#cursor)
    surface.addEventListener('keydown', onKey)
    surface.addEventListener('focus', onFocus)
    this.#readout.onButton = button => this.#button(button)
    this.#stops = [
      () => sizes.disconnect(),
      () => theme.removeEventListener('change', retint),
      listenToGestures(surface, {
        tap: (x, y) => this.#tap(x, y),
        hover: (x, y) => this.#point(this.#seatAt(x, y)),
        leave: () => this.#point(undefined),
        pan: (dx, dy) => this.#look(panned(this.#view, dx, dy, this.#reach)),
        zoom: (factor, x, y) => this.#zoom(factor, x, y),
        isZoomed: () => isZoomed(this.#view, this.#reach),
      }),
    ]
  }

  #shape(): void {
    const { bounds, pitch } = this.#reach
    // Margins weigh more in a small hall; four seats' width stands for them.
    const margin = pitch * 4
    const width = bounds.maxX - bounds.minX + margin
    this.#readout.shape(width, bounds.maxY - bounds.minY + margin)
  }

  #button(button: 'in' | 'out' | 'fit'): void {
    if (button === 'fit') this.fit()
    else this.zoomBy(button === 'in' ? ZOOM_STEP : 1 / ZOOM_STEP)
  }

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.#readout.surface
    if (width === 0 || height === 0) return
    const wasWhole = !this.#hasFit || !isZoomed(this.#view, this.#reach)
    this.#size = { width, height }
    this.#hasFit = true
    const ratio = Math.min(3, devicePixelRatio || 1)
    for (const { canvas } of [this.#seats, this.#labels]) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    for (const context of [this.#seats, this.#labels])
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.#look(wasWhole ? fitted(this.#reach) : panned(this.#view, 0, 0, this.#reach))
  }

  #look(view: Viewport): void {
    this.#view = view
    this.#readout.surface.classList.toggle('is-zoomed', isZoomed(view, this.#reach)) // U25
    this.changed('all')
  }

  #zoom(factor: number, x: number, y: number): void {
    this.#look(zoomed(this.#view, factor, { x, y, reach: this.#reach }))
  }

  #request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint())
  }

  #paint(): void {
    this.#frame = 0
    const pending = this.#pending
    this.#pending = 'none'
    if (pending === 'none') return
    const scene = this.#scene
    if (pending === 'all') {
      paintAll(this.#seats, scene)
      paintLabels(this.#labels, scene)
      this.#placeCursor()
    } else {
      paintSome(this.#seats, scene, pending)
    }
    this.#readout.refresh(this.#cursor)
  }

  #placeCursor(): void {
    const { x, y } = this.#plan.seat(this.#cursor)
    const { scale, offsetX, offsetY } = this.#view
    const side = this.#plan.pitch * scale
    this.#readout.placeCursor(x * scale + offsetX, y * scale + offsetY, side)
  }

  #seatAt(x: number, y: number): number | undefined {
    const { scale, offsetX, offsetY } = this.#view
    const within = Math.max(this.#plan.pitch * 0.55, 12 / scale)
    return this.#plan.nearest((x - offsetX) / scale, (y - offsetY) / scale, { within })
  }

  #tap(x: number, y: number): void {
    const index = this.#seatAt(x, y)
    if (index === undefined) return
    if (seatPixels(this.#plan, this.#view) < TELLABLE_PX) return this.#approach(x, y) // U27
    this.#cursor = index
    this.#placeCursor()
    this.#point(index)
    this.#options.onPress(index)
    this.#readout.refresh(index)
  }

  #approach(x: number, y: number): void {
    const factor = (TELLABLE_PX * 2) / seatPixels(this.#plan, this.#view)
    this.#zoom(factor, x, y)
  }

  #point(index: number | undefined): void {
    this.#readout.caption(index)
    this.#options.onPoint?.(index)
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = STEPS[event.key]
    if (step !== undefined) this.#moveTo(seatAfter(this.#plan, this.#cursor, step))
    else if (event.key === 'Enter' || event.key === ' ') this.#options.onPress(this.#cursor)
    else if (event.key === '+' || event.key === '=') this.zoomBy(ZOOM_STEP)
    else if (event.key === '-') this.zoomBy(1 / ZOOM_STEP)
    else if (event.key === '0') this.fit()
    else return
    event.preventDefault()
    this.#readout.refresh(this.#cursor)
  }

  #moveTo(index: number): void {
    this.#cursor = index
    const { x, y } = this.#plan.seat(index)
    const pixels = seatPixels(this.#plan, this.#view)
    const isByKey = this.#readout.surface.matches(':focus-visible')
    let view = this.#view
    if (isByKey && pixels < KEYBOARD_PX) {
      const at = { x: x * view.scale + view.offsetX, y: y * view.scale + view.offsetY }
      view = zoomed(view, KEYBOARD_PX / pixels, { ...at, reach: this.#reach })
    }
    if (isByKey) this.#look(revealing(view, x, y, this.#reach))
    this.#placeCursor()
    this.#readout.refresh(index)
    if (isByKey) this.#readout.caption(index)
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser cannot draw on a canvas')
  return context
}

/** The keyboard starts at the seat nearest to the middle of the plan, not in a far corner. */
function firstSeat(plan: Plan): number {
  const { minX, minY, maxX, maxY } = plan.bounds
  return plan.nearest((minX + maxX) / 2, (minY + maxY) / 2) ?? 0
}
