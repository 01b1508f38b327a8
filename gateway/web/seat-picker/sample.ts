// One seat alone, for a legend.
//
// Owns: painting it with the very code that paints the hall.
// Leaves to others: the words beside it.

import type { Mark } from './marks.ts'
import { paintSome } from './painter.ts'
import { readPalette } from './palette.ts'
import { type PickerSeat, Plan } from './plan.ts'

/** Fills the canvas with the mark; the canvas's own pixels are used one to one. */
export function paintSample(canvas: HTMLCanvasElement, mark: Mark, kind: PickerSeat['kind']): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const seat = { label: '', section: '', row: '', number: '', category: '', x: 0, y: 0, kind }
  const side = canvas.width
  const scene = {
    plan: new Plan({ seats: [seat], focus: { x: 0, y: 0 } }),
    view: { scale: side, offsetX: side / 2, offsetY: side / 2 },
    size: { width: side, height: side },
    palette: { ...readPalette(canvas), ground: 'transparent' },
    markOf: () => mark,
    tintOf: () => 0,
    isDim: () => false,
  }
  context.clearRect(0, 0, side, side)
  paintSome(context, scene, [0])
}
