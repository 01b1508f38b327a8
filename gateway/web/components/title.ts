// The title of the document.

export function titled(title: string | undefined): void {
  document.title = title === undefined ? 'Usher' : `${title} · Usher`
}
