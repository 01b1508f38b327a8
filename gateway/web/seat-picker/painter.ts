// Paints seats on a canvas.
//
// Owns: grouping seats by look so that one fill paints many, detail by size, single-seat repaints.
// Leaves to others: shapes (glyphs.ts), colours (palette.ts), which part is seen (viewport.ts).
//
//   U23. A change repaints the cells of the seats that changed, and what stands into them, only.
//   U24. Below 9 pixels a mark is a silhouette: full, half, dot, bar; above it carries its glyph.

import { bar, check, cross, dot, exclamation, hatch, star, wheelchair } from './glyphs.ts'
import { isChosen, MARKS, type Mark } from './marks.ts'
import { type Palette, TINT_COUNT, type Tint } from './palette.ts'
import type { Plan } from './plan.ts'
import { type Size, seen, type Viewport } from './viewport.ts'

const GLYPH_FROM_PX = 9
const NUMBER_FROM_PX = 19
/** how much of the space between seats a seat fills */
const FILL = 0.84

type Context = CanvasRenderingContext2D

export type Scene = {
  readonly plan: Plan
  readonly view: Viewport
  readonly size: Size
  readonly palette: Palette
  readonly markOf: (index: number) => Mark
  /** the ordinal of the seat's category */
  readonly tintOf: (index: number) => number
  /** seats of other categories are drawn faintly */
  readonly isDim: (index: number) => boolean
}

type Look = { readonly mark: Mark; readonly tint: Tint; readonly isDim: boolean }

/** Everything that is seen. */
export function paintAll(context: Context, scene: Scene): void {
  const { plan, view, size, palette } = scene
  context.fillStyle = palette.ground
  context.fillRect(0, 0, size.width, size.height)
  const box = seen(view, size)
  const margin = plan.pitch
  const visible = plan.within({
    minX: box.minX - margin,
    minY: box.minY - margin,
    maxX: box.maxX + margin,
    maxY: box.maxY + margin,
  })
  for (const [name, seats] of grouped(scene, visible)) {
    paintGroup(context, scene, lookOf(scene, name), seats)
  }
}

/** U23 */
export function paintSome(context: Context, scene: Scene, seats: Iterable<number>): void {
  const { plan, view, size, palette } = scene
  const half = (plan.pitch * view.scale) / 2
  const touched = new Set<number>()
  context.fillStyle = palette.ground
  for (const index of seats) {
    const { x, y } = plan.seat(index)
    const px = x * view.scale + view.offsetX
    const py = y * view.scale + view.offsetY
    const isOut = px < -half || py < -half || px > size.width + half || py > size.height + half
    if (isOut) continue
    context.fillRect(px - half, py - half, half * 2, half * 2)
    for (const near of standingInto(plan, x, y)) touched.add(near)
  }
  for (const [name, group] of grouped(scene, [...touched])) {
    paintGroup(context, scene, lookOf(scene, name), group)
  }
}

/** The seat itself, and in slanted rows the neighbours whose corners reach into its cell. */
function standingInto(plan: Plan, x: number, y: number): number[] {
  const reach = plan.pitch * 0.92
  return plan.within({ minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach })
}

export const seatPixels = (plan: Plan, view: Viewport): number => plan.pitch * view.scale * FILL

function grouped(scene: Scene, seats: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const index of seats) {
    const name = nameOfLook(scene, index)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [index])
    else group.push(index)
  }
  return groups
}

const ORDINALS = Object.fromEntries(MARKS.map((mark, i) => [mark, i])) as Record<Mark, number>

/** A look as one number: tint, mark and dimness. */
function nameOfLook(scene: Scene, index: number): number {
  const tint = scene.tintOf(index) % TINT_COUNT
  const mark = ORDINALS[scene.markOf(index)]
  return (tint * MARKS.length + mark) * 2 + (scene.isDim(index) ? 1 : 0)
}

function lookOf({ palette }: Scene, name: number): Look {
  const mark = MARKS[(name >> 1) % MARKS.length] ?? 'blocked'
  const category = palette.categories[Math.floor((name >> 1) / MARKS.length)]
  return { mark, tint: tintOf(mark, palette, category), isDim: name % 2 === 1 }
}

function tintOf(mark: Mark, palette: Palette, category: Tint | undefined): Tint {
  switch (mark) {
    case 'free':
      return category ?? { fill: palette.ink, ink: palette.ground }
    case 'held':
      return { fill: palette.held, ink: palette.held }
    case 'sold':
      return { fill: palette.sold, ink: palette.soldInk }
    case 'blocked':
      return { fill: palette.blocked, ink: palette.blocked }
    case 'picked':
    case 'mine':
      return palette.mine
    case 'booked':
      return palette.booked
    case 'conflict':
      return palette.conflict
  }
}

function paintGroup(context: Context, scene: Scene, look: Look, seats: readonly number[]): void {
  const pixels = seatPixels(scene.plan, scene.view)
  context.globalAlpha = look.isDim && !isChosen(look.mark) ? 0.25 : 1
  context.fillStyle = look.tint.fill
  context.strokeStyle = look.tint.fill
  if (pixels < GLYPH_FROM_PX) paintSilhouettes(context, scene, look, seats)
  else paintSeats(context, scene, look, seats)
  context.globalAlpha = 1
}

type Place = (x: number, y: number, index: number) => void

function eachPlace({ plan, view }: Scene, seats: readonly number[], place: Place): void {
  for (const index of seats) {
    const { x, y } = plan.seat(index)
    place(x * view.scale + view.offsetX, y * view.scale + view.offsetY, index)
  }
}

function paintSilhouettes(
  context: Context,
  scene: Scene,
  look: Look,
  seats: readonly number[],
): void {
  const r = Math.max(0.75, seatPixels(scene.plan, scene.view) / 2)
  context.beginPath()
  eachPlace(scene, seats, silhouetteOf(context, look.mark, r))
  if (look.mark === 'held') context.fill()
}

/** Plain rectangles are filled one by one; only triangles gather in the path. */
function silhouetteOf(context: Context, mark: Mark, r: number): Place {
  switch (mark) {
    case 'held':
      return (x, y) => {
        context.moveTo(x - r, y - r)
        context.lineTo(x + r, y + r)
        context.lineTo(x - r, y + r)
        context.closePath()
      }
    case 'sold':
      return (x, y) => context.fillRect(x - r * 0.45, y - r * 0.45, r * 0.9, r * 0.9)
    case 'blocked':
      return (x, y) => context.fillRect(x - r * 0.6, y - r * 0.14, r * 1.2, r * 0.28)
    case 'free':
      return (x, y) => context.fillRect(x - r, y - r, r * 2, r * 2)
    default:
      return (x, y) => context.fillRect(x - r * 1.15, y - r * 1.15, r * 2.3, r * 2.3)
  }
}

function paintSeats(context: Context, scene: Scene, look: Look, seats: readonly number[]): void {
  const r = seatPixels(scene.plan, scene.view) / 2
  const line = Math.max(1, r * 0.16)
  context.lineWidth = line
  context.beginPath()
  eachPlace(scene, seats, (x, y, index) => {
    const inset = isOutlined(look.mark) ? line / 2 : 0
    const isRound = scene.plan.seat(index).kind === 'accessible'
    outline(context, { x, y, r: r - inset, isRound })
  })
  if (isOutlined(look.mark)) context.stroke()
  else context.fill()
  paintGlyphs(context, scene, look, seats)
}

const isOutlined = (mark: Mark): boolean =>
  mark === 'held' || mark === 'blocked' || mark === 'picked' || mark === 'conflict'

function outline(
  context: Context,
  at: { readonly x: number; readonly y: number; readonly r: number; readonly isRound: boolean },
): void {
  const { x, y, r, isRound } = at
  if (isRound) {
    context.moveTo(x + r, y)
    context.arc(x, y, r, 0, Math.PI * 2)
    return
  }
  // Rounder at the back than at the front, like a seat seen from above.
  context.roundRect(x - r, y - r, r * 2, r * 2, [r * 0.25, r * 0.25, r * 0.6, r * 0.6])
}

type Glyph = (path: Context, x: number, y: number, r: number) => void

const STROKED: Partial<Record<Mark, Glyph>> = {
  held: hatch,
  sold: cross,
  blocked: bar,
  mine: check,
  conflict: exclamation,
}

const FILLED: Partial<Record<Mark, Glyph>> = { picked: dot, booked: star }

function paintGlyphs(context: Context, scene: Scene, look: Look, seats: readonly number[]): void {
  const r = seatPixels(scene.plan, scene.view) / 2
  const stroked = STROKED[look.mark]
  const filled = FILLED[look.mark]
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.lineWidth = Math.max(1, r * (look.mark === 'mine' ? 0.24 : 0.15))
  context.strokeStyle = isOutlined(look.mark) ? look.tint.fill : look.tint.ink
  context.fillStyle = look.mark === 'picked' ? look.tint.fill : look.tint.ink
  if (look.mark === 'free') return paintFree(context, scene, seats)
  context.beginPath()
  eachPlace(scene, seats, (x, y) => (stroked ?? filled)?.(context, x, y, r))
  if (stroked !== undefined) context.stroke()
  else context.fill()
}

/** Free seats carry their number when there is room, or the sign of an accessible place. */
function paintFree(context: Context, scene: Scene, seats: readonly number[]): void {
  const pixels = seatPixels(scene.plan, scene.view)
  const r = pixels / 2
  context.lineWidth = Math.max(1, r * 0.16)
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.font = `600 ${Math.round(r * 0.85)}px ${scene.palette.font}`
  context.beginPath()
  eachPlace(scene, seats, (x, y, index) => {
    const { kind, number } = scene.plan.seat(index)
    if (kind === 'accessible') wheelchair(context, x, y, r)
    else if (pixels >= NUMBER_FROM_PX) context.fillText(number, x, y + r * 0.05)
  })
  context.stroke()
}
