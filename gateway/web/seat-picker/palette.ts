// The colours of the seat map, taken from the page's own style.
//
// Owns: reading the custom properties, once per theme.
// Leaves to others: choosing them (seat-picker.css), contrast is checked where they are chosen.

export type Tint = { readonly fill: string; readonly ink: string }

export type Palette = {
  readonly ground: string
  readonly ink: string
  readonly faint: string
  readonly categories: readonly Tint[]
  readonly held: string
  readonly sold: string
  readonly soldInk: string
  readonly blocked: string
  readonly mine: Tint
  readonly booked: Tint
  readonly conflict: Tint
  readonly font: string
}

export const TINT_COUNT = 6

export function readPalette(host: Element): Palette {
  const style = getComputedStyle(host)
  const read = (name: string): string => style.getPropertyValue(`--sp-${name}`).trim() || '#888'
  const tint = (name: string): Tint => ({ fill: read(name), ink: read(`${name}-ink`) })
  return {
    ground: read('ground'),
    ink: read('ink'),
    faint: read('faint'),
    categories: Array.from({ length: TINT_COUNT }, (_, i) => tint(`category-${i}`)),
    held: read('held'),
    sold: read('sold'),
    soldInk: read('sold-ink'),
    blocked: read('blocked'),
    mine: tint('mine'),
    booked: tint('booked'),
    conflict: tint('conflict'),
    font: style.fontFamily,
  }
}
