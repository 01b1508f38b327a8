// Which part of the plan is seen, and how large.
//
// Owns: fitting, zooming at a point, panning within reach.
// Leaves to others: pointers (gestures.ts), drawing (painter.ts).
//
//   U20. The point under the finger stays under the finger while zooming.
//   U21. The plan cannot be lost: it always covers or touches the middle of the view.

import type { Bounds } from './plan.ts'

/** screen = plan * scale + offset, in CSS pixels */
export type Viewport = {
  readonly scale: number
  readonly offsetX: number
  readonly offsetY: number
}

export type Size = { readonly width: number; readonly height: number }

export type Reach = { readonly bounds: Bounds; readonly size: Size; readonly pitch: number }

const PADDING = 24
const SEAT_FIT_MAX = 40
const SEAT_ZOOM_MAX = 56

export function fitted({ bounds, size, pitch }: Reach): Viewport {
  const width = bounds.maxX - bounds.minX
  const height = bounds.maxY - bounds.minY
  const room = Math.min(
    Math.max(1, size.width - 2 * PADDING) / width,
    Math.max(1, size.height - 2 * PADDING) / height,
  )
  return centred(bounds, size, Math.min(room, SEAT_FIT_MAX / pitch))
}

function centred(bounds: Bounds, size: Size, scale: number): Viewport {
  return {
    scale,
    offsetX: size.width / 2 - ((bounds.minX + bounds.maxX) / 2) * scale,
    offsetY: size.height / 2 - ((bounds.minY + bounds.maxY) / 2) * scale,
  }
}

/** Zooms by a factor around a point of the screen (U20). */
export function zoomed(
  view: Viewport,
  factor: number,
  at: { readonly x: number; readonly y: number; readonly reach: Reach },
): Viewport {
  const least = fitted(at.reach).scale
  const most = Math.max(least, SEAT_ZOOM_MAX / at.reach.pitch)
  const scale = Math.min(most, Math.max(least, view.scale * factor))
  const grown = scale / view.scale
  return clamped(
    {
      scale,
      offsetX: at.x - (at.x - view.offsetX) * grown,
      offsetY: at.y - (at.y - view.offsetY) * grown,
    },
    at.reach,
  )
}

export const panned = (view: Viewport, dx: number, dy: number, reach: Reach): Viewport =>
  clamped({ ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }, reach)

/** Moves as little as needed for a point of the plan to be seen, with room around it. */
export function revealing(view: Viewport, x: number, y: number, reach: Reach): Viewport {
  const margin = Math.min(60, reach.size.width / 4, reach.size.height / 4)
  const screenX = x * view.scale + view.offsetX
  const screenY = y * view.scale + view.offsetY
  const dx = intoRange(screenX, margin, reach.size.width - margin) - screenX
  const dy = intoRange(screenY, margin, reach.size.height - margin) - screenY
  return { ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }
}

export const isZoomed = (view: Viewport, reach: Reach): boolean =>
  view.scale > fitted(reach).scale * 1.01

/** The part of the plan that is on the screen. */
export const seen = (view: Viewport, size: Size): Bounds => ({
  minX: -view.offsetX / view.scale,
  minY: -view.offsetY / view.scale,
  maxX: (size.width - view.offsetX) / view.scale,
  maxY: (size.height - view.offsetY) / view.scale,
})

function clamped(view: Viewport, { bounds, size }: Reach): Viewport {
  return {
    scale: view.scale,
    offsetX: clampedAxis(
      view.offsetX,
      bounds.minX * view.scale,
      bounds.maxX * view.scale,
      size.width,
    ),
    offsetY: clampedAxis(
      view.offsetY,
      bounds.minY * view.scale,
      bounds.maxY * view.scale,
      size.height,
    ),
  }
}

/** U21: smaller than the view: centred; larger: no edge further in than the padding. */
function clampedAxis(offset: number, low: number, high: number, room: number): number {
  if (high - low <= room - 2 * PADDING) return room / 2 - (low + high) / 2
  return intoRange(offset, room - PADDING - high, PADDING - low)
}

const intoRange = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, Math.min(low, high)), Math.max(low, high))
