// The shapes inside a seat, as path segments around its middle.
//
// Owns: one shape per mark (U19), the accessible sign; `r` is half the size of the seat.
// Leaves to others: colours and batching (painter.ts).

type Path = CanvasRenderingContext2D | Path2D

export function cross(path: Path, x: number, y: number, r: number): void {
  const d = r * 0.42
  path.moveTo(x - d, y - d)
  path.lineTo(x + d, y + d)
  path.moveTo(x + d, y - d)
  path.lineTo(x - d, y + d)
}

/** Three slanted lines, clipped by hand to the square. */
export function hatch(path: Path, x: number, y: number, r: number): void {
  const d = r * 0.82
  path.moveTo(x - d, y + d)
  path.lineTo(x + d, y - d)
  path.moveTo(x - d, y + d * 0.1)
  path.lineTo(x - d * 0.1 + d * 0.2, y - d)
  path.moveTo(x - d * 0.1, y + d)
  path.lineTo(x + d, y - d * 0.1)
}

export function bar(path: Path, x: number, y: number, r: number): void {
  path.moveTo(x - r * 0.5, y)
  path.lineTo(x + r * 0.5, y)
}

export function check(path: Path, x: number, y: number, r: number): void {
  path.moveTo(x - r * 0.45, y + r * 0.02)
  path.lineTo(x - r * 0.12, y + r * 0.36)
  path.lineTo(x + r * 0.48, y - r * 0.36)
}

export function dot(path: Path, x: number, y: number, r: number): void {
  path.moveTo(x + r * 0.45, y)
  path.arc(x, y, r * 0.45, 0, Math.PI * 2)
}

export function star(path: Path, x: number, y: number, r: number): void {
  for (let i = 0; i < 10; i++) {
    const angle = (Math.PI / 5) * i - Math.PI / 2
    const reach = r * (i % 2 === 0 ? 0.72 : 0.3)
    const [px, py] = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach]
    if (i === 0) path.moveTo(px, py)
    else path.lineTo(px, py)
  }
  path.closePath()
}

export function exclamation(path: Path, x: number, y: number, r: number): void {
  path.moveTo(x, y - r * 0.5)
  path.lineTo(x, y + r * 0.12)
  path.moveTo(x, y + r * 0.44)
  path.lineTo(x, y + r * 0.46)
}

/** A person in a wheelchair: head, back and seat, wheel. */
export function wheelchair(path: Path, x: number, y: number, r: number): void {
  path.moveTo(x - r * 0.02, y - r * 0.58)
  path.lineTo(x - r * 0.02, y - r * 0.52)
  path.moveTo(x - r * 0.05, y - r * 0.3)
  path.lineTo(x - r * 0.02, y + r * 0.1)
  path.lineTo(x + r * 0.32, y + r * 0.12)
  path.lineTo(x + r * 0.46, y + r * 0.5)
  path.moveTo(x + r * 0.22, y + r * 0.44)
  path.arc(x - r * 0.08, y + r * 0.24, r * 0.36, Math.PI * 0.2, Math.PI * 1.4)
}
