// The elements of the seat map: canvases, buttons, and the seats in words for assistive technology.
//
// Owns: the DOM, the options of the current row, the caption.
// Leaves to others: what happens when something is pressed (picker.ts).
//
//   U28. Assistive technology sees a list box with the seats of the current row, each with its
//        state; a hall of 20 000 seats never becomes 20 000 elements.

import { isChosen, isPressable } from './marks.ts'
import type { PickerOptions } from './picker.ts'
import type { Plan } from './plan.ts'

let pickers = 0

export class Readout {
  readonly surface: HTMLElement
  onButton: (button: 'in' | 'out' | 'fit') => void = () => {}
  #root: HTMLElement
  #options: PickerOptions
  #plan: Plan
  #row: HTMLElement
  #ring: HTMLElement
  #caption: HTMLElement
  #rowIndex = -1
  #captioned: number | undefined
  #id = `seat-picker-${++pickers}`

  constructor(host: HTMLElement, plan: Plan, options: PickerOptions) {
    this.#plan = plan
    this.#options = options
    this.#root = element('div', 'seat-picker')
    this.surface = element('div', 'seat-picker-surface')
    this.#row = element('div', 'seat-picker-row')
    this.#ring = element('div', 'seat-picker-ring')
    this.#caption = element('p', 'seat-picker-caption')
    const help = this.#help()
    this.#prepareSurface(help)
    const foot = element('div', 'seat-picker-foot')
    foot.append(this.#caption, this.#buttons())
    this.#root.append(this.surface, foot, help)
    host.append(this.#root)
    this.caption(undefined)
  }

  addCanvas(): HTMLCanvasElement {
    const canvas = document.createElement('canvas')
    canvas.setAttribute('aria-hidden', 'true')
    this.surface.insertBefore(canvas, this.#ring)
    return canvas
  }

  remove(): void {
    this.#root.remove()
  }

  /** Brings the words of the current row up to date. */
  refresh(cursor: number): void {
    const rowIndex = this.#plan.rowIndexOf(cursor)
    const seats = this.#plan.rowAt(rowIndex)?.seats ?? []
    if (rowIndex !== this.#rowIndex) {
      this.#rowIndex = rowIndex
      this.#row.replaceChildren(...seats.map(index => this.#option(index)))
    }
    seats.forEach((index, i) => {
      const option = this.#row.children[i]
      if (option !== undefined) this.#word(option, index)
    })
    this.surface.setAttribute('aria-activedescendant', this.#optionId(cursor))
    if (this.#captioned !== undefined) this.caption(this.#captioned)
  }

  placeCursor(x: number, y: number, side: number): void {
    const { style } = this.#ring
    style.width = `${side}px`
    style.height = `${side}px`
    style.transform = `translate(${x - side / 2}px, ${y - side / 2}px)`
  }

  /** The surface takes the shape of the hall, within what the style sheet allows. */
  shape(width: number, height: number): void {
    this.#root.style.setProperty('--sp-ratio', String(height / width))
  }

  caption(index: number | undefined): void {
    this.#captioned = index
    const hint = 'Press a seat to pick it.'
    this.#caption.textContent = index === undefined ? hint : this.#options.describe(index)
  }

  #prepareSurface(help: HTMLElement): void {
    const { surface } = this
    surface.tabIndex = 0
    surface.setAttribute('role', 'listbox')
    surface.setAttribute('aria-multiselectable', 'true')
    surface.setAttribute('aria-label', this.#options.name)
    surface.setAttribute('aria-describedby', help.id)
    this.#ring.setAttribute('aria-hidden', 'true')
    this.#row.setAttribute('role', 'presentation')
    surface.append(this.#ring, this.#row)
  }

  #option(index: number): HTMLElement {
    const option = element('div', '')
    option.id = this.#optionId(index)
    option.setAttribute('role', 'option')
    // A screen reader may press the element itself instead of sending a key.
    option.addEventListener('click', event => {
      event.stopPropagation()
      this.#options.onPress(index)
    })
    return option
  }

  #word(option: Element, index: number): void {
    const mark = this.#options.markOf(index)
    const text = this.#options.describe(index)
    if (option.textContent !== text) option.textContent = text
    option.setAttribute('aria-selected', String(isChosen(mark)))
    option.setAttribute('aria-disabled', String(!isPressable(mark)))
  }

  #optionId(index: number): string {
    return `${this.#id}-seat-${index}`
  }

  #help(): HTMLElement {
    const help = element('p', 'seat-picker-help')
    help.id = `${this.#id}-help`
    help.textContent =
      'Arrow keys move between seats, Home and End to the ends of the row, Page Up and Page Down ' +
      'between sections. Enter picks a seat. Plus and minus zoom, 0 shows everything.'
    return help
  }

  #buttons(): HTMLElement {
    const group = element('div', 'seat-picker-zoom')
    group.append(
      this.#zoomButton('in', '+', 'Zoom in'),
      this.#zoomButton('out', '−', 'Zoom out'),
      this.#zoomButton('fit', '⤢', 'Show the whole hall'),
    )
    return group
  }

  #zoomButton(kind: 'in' | 'out' | 'fit', sign: string, name: string): HTMLElement {
    const button = element('button', '') as HTMLButtonElement
    button.type = 'button'
    button.textContent = sign
    button.setAttribute('aria-label', name)
    button.title = name
    button.addEventListener('click', () => this.onButton(kind))
    return button
  }
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  return made
}
