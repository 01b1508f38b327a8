// What a seat can look like, for eyes and for ears.
//
// Owns: the closed list of marks and their words.
// Leaves to others: which seat has which (the embedding page), shapes (painter.ts).
//
//   U19. Every mark has its own shape and its own word; colour only repeats them.

export type Mark = 'free' | 'held' | 'sold' | 'blocked' | 'picked' | 'mine' | 'booked' | 'conflict'

export const MARKS: readonly Mark[] = [
  'free',
  'held',
  'sold',
  'blocked',
  'picked',
  'mine',
  'booked',
  'conflict',
]

export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  free: 'free',
  held: 'held by somebody',
  sold: 'sold',
  blocked: 'not for sale',
  picked: 'picked by you',
  mine: 'held for you',
  booked: 'booked by you',
  conflict: 'just taken',
}

export const isChosen = (mark: Mark): boolean =>
  mark === 'picked' || mark === 'mine' || mark === 'booked'

export const isPressable = (mark: Mark): boolean =>
  mark === 'free' || mark === 'picked' || mark === 'mine'
