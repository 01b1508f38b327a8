// The words on the plan: screen or stage, sections, rows.
//
// Owns: the upper canvas, redrawn when the view moves and never when a seat changes.
// Leaves to others: seats (painter.ts).

import { type Scene, seatPixels } from './painter.ts'
import type { Row } from './plan.ts'

const ROW_FROM_PX = 10
const SECTION_PX = 12

type Context = CanvasRenderingContext2D

export function paintLabels(context: Context, scene: Scene): void {
  context.clearRect(0, 0, scene.size.width, scene.size.height)
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  paintFocus(context, scene)
  if (seatPixels(scene.plan, scene.view) >= ROW_FROM_PX) paintRows(context, scene)
  else paintSections(context, scene)
}

function toScreen({ view }: Scene, x: number, y: number): [x: number, y: number] {
  return [x * view.scale + view.offsetX, y * view.scale + view.offsetY]
}

/** In front of the seats: a screen. Among them: a stage. */
function paintFocus(context: Context, scene: Scene): void {
  const { focus, bounds } = scene.plan
  const isAmong = focus.y > bounds.minY && focus.y < bounds.maxY
  if (isAmong) paintStage(context, scene)
  else paintScreen(context, scene)
}

function paintStage(context: Context, scene: Scene): void {
  const { plan, palette, view } = scene
  const near = plan.nearest(plan.focus.x, plan.focus.y)
  const seat = near === undefined ? plan.focus : plan.seat(near)
  const reach = Math.hypot(seat.x - plan.focus.x, seat.y - plan.focus.y) - plan.pitch
  const r = Math.max(plan.pitch, reach * 0.6) * view.scale
  const [x, y] = toScreen(scene, plan.focus.x, plan.focus.y)
  context.beginPath()
  context.roundRect(x - r, y - r * 0.6, r * 2, r * 1.2, 6)
  context.strokeStyle = palette.faint
  context.lineWidth = 2
  context.stroke()
  write(context, scene, { text: 'Stage', x, y, size: Math.max(11, Math.min(r * 0.4, 18)) })
}

function paintScreen(context: Context, scene: Scene): void {
  const { plan, palette, view } = scene
  const { bounds, focus } = plan
  const half = (bounds.maxX - bounds.minX) * 0.32 * view.scale
  const isAbove = focus.y <= bounds.minY
  const [x, y] = toScreen(scene, focus.x, focus.y)
  const bend = isAbove ? 1 : -1
  context.beginPath()
  context.moveTo(x - half, y + 6 * bend)
  context.quadraticCurveTo(x, y - 6 * bend, x + half, y + 6 * bend)
  context.strokeStyle = palette.ink
  context.lineWidth = 3
  context.lineCap = 'round'
  context.stroke()
  // Away from the seats: in a small picture there is no room between.
  write(context, scene, { text: 'Screen', x, y: y - 11 * bend, size: 12 })
}

function paintRows(context: Context, scene: Scene): void {
  const gap = scene.plan.pitch * scene.view.scale
  const size = Math.min(14, Math.max(9, gap * 0.45))
  for (const row of scene.plan.rows) {
    const [first, last] = endsOf(scene, row)
    if (first === undefined || last === undefined) continue
    writeRowName(context, scene, { row, index: first, shift: -gap, size })
    if (row.seats.length > 8) writeRowName(context, scene, { row, index: last, shift: gap, size })
  }
}

function writeRowName(
  context: Context,
  scene: Scene,
  at: { readonly row: Row; readonly index: number; readonly shift: number; readonly size: number },
): void {
  const seat = scene.plan.seat(at.index)
  const [x, y] = toScreen(scene, seat.x, seat.y)
  const isSeen = y > -20 && y < scene.size.height + 20
  if (isSeen) write(context, scene, { text: at.row.name, x: x + at.shift, y, size: at.size })
}

function endsOf({ plan }: Scene, row: Row): readonly [number | undefined, number | undefined] {
  const [first, last] = [row.seats.at(0), row.seats.at(-1)]
  if (first === undefined || last === undefined) return [first, last]
  return plan.seat(first).x <= plan.seat(last).x ? [first, last] : [last, first]
}

function paintSections(context: Context, scene: Scene): void {
  context.font = fontOf(scene, SECTION_PX)
  const placed: Box[] = []
  const sections = middles(scene)
  const shared = sharedStart([...sections.keys()])
  for (const [name, { x, y }] of sections) {
    const text = name.slice(shared)
    const [px, py] = toScreen(scene, x, y)
    const half = context.measureText(text).width / 2 + 5
    const box = { left: px - half, right: px + half, top: py - 10, bottom: py + 10 }
    if (placed.some(other => isOver(box, other))) continue // two names in one place are none
    placed.push(box)
    write(context, scene, { text, x: px, y: py, size: SECTION_PX, isOnSeats: true })
  }
}

const CROWD = 8

/** The length of the word that all names of a crowd begin with: "Block 101" is told as "101". */
function sharedStart(names: readonly string[]): number {
  const length = (names[0] ?? '').indexOf(' ') + 1
  const start = (names[0] ?? '').slice(0, length)
  return names.length >= CROWD && names.every(name => name.startsWith(start)) ? length : 0
}

type Box = {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const isOver = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

const fontOf = ({ palette }: Scene, size: number): string =>
  `600 ${Math.round(size)}px ${palette.font}`

const middlesOf = new WeakMap<object, Map<string, { x: number; y: number }>>()

function middles({ plan }: Scene): Map<string, { x: number; y: number }> {
  const known = middlesOf.get(plan)
  if (known !== undefined) return known
  const sums = new Map<string, { x: number; y: number; count: number }>()
  for (const { section, x, y } of plan.seats) {
    const sum = sums.get(section) ?? { x: 0, y: 0, count: 0 }
    sums.set(section, { x: sum.x + x, y: sum.y + y, count: sum.count + 1 })
  }
  const result = new Map<string, { x: number; y: number }>()
  for (const [name, { x, y, count }] of sums) result.set(name, { x: x / count, y: y / count })
  middlesOf.set(plan, result)
  return result
}

type Words = {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly size: number
  readonly isOnSeats?: boolean
}

function write(context: Context, scene: Scene, words: Words): void {
  const { palette } = scene
  context.font = fontOf(scene, words.size)
  if (words.isOnSeats === true) {
    const width = context.measureText(words.text).width + 10
    context.globalAlpha = 0.86
    context.fillStyle = palette.ground
    context.beginPath()
    context.roundRect(words.x - width / 2, words.y - 10, width, 20, 5)
    context.fill()
    context.globalAlpha = 1
  }
  context.fillStyle = words.isOnSeats === true ? palette.ink : palette.faint
  context.fillText(words.text, words.x, words.y)
}
