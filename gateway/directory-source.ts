// Where the Directory's cards come from: the catalogue's rows.

import type { Catalogue } from '../shared/catalogue.ts'
import { publicIdOf } from '../shared/ids.ts'
import type { DirectorySource, LayoutCard } from './directory.ts'
import { termsOf } from './http/show-terms.ts'

export function directorySourceOf(catalogue: Catalogue): DirectorySource {
  return {
    readShow: async number => {
      const row = await catalogue.show(number)
      if (row === undefined) return undefined
      const publicId = publicIdOf('show', number)
      return { number, publicId, terms: termsOf(row), isCancelled: row.isCancelled }
    },
    readLayout: async (number): Promise<LayoutCard | undefined> => {
      const row = await catalogue.layout(number)
      if (row === undefined) return undefined
      const { seats, categories } = row.layout
      const indexOf = new Map(categories.map(({ id }, index) => [id, index]))
      return {
        number,
        publicId: publicIdOf('layout', number),
        seatCount: seats.length,
        labels: seats.map(seat => seat.label),
        categoryOf: Uint8Array.from(seats, seat => indexOf.get(seat.category) ?? 0),
        categories,
      }
    },
  }
}
