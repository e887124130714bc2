/** A line of one text or of both. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Most lines of each text, since the work grows with their product; longer texts differ as a whole. */
const maxLines = 2000

/** Differences from `before` to `after`, by their longest common subsequence. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  if (Math.max(a.length, b.length) > maxLines) return [...a.map(removed), ...b.map(added)]
  const common = commonLengths(a, b)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    const [left = '', right = ''] = [a[i], b[j]]
    const isSame = left === right
    const isRemoved = !isSame && at(common, i + 1, j) >= at(common, i, j + 1)
    lines.push(isSame ? { kind: 'same', text: left } : isRemoved ? removed(left) : added(right))
    if (isSame || isRemoved) i++
    if (!isRemoved) j++
  }
  return [...lines, ...a.slice(i).map(removed), ...b.slice(j).map(added)]
}

/** Only the changed lines, each with the lines of less indentation above it, which show its context. */
export function changedLines(lines: readonly DiffLine[]): readonly DiffLine[] {
  const wanted = new Set<number>()
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'same') continue
    wanted.add(index)
    let least = indentOf(lines[index])
    for (let above = index - 1; above >= 0 && least > 0; above--) {
      const indent = indentOf(lines[above])
      if (indent >= least) continue
      least = indent
      wanted.add(above)
    }
  }
  return lines.filter((_line, index) => wanted.has(index))
}

function removed(text: string): DiffLine {
  return { kind: 'removed', text }
}

function added(text: string): DiffLine {
  return { kind: 'added', text }
}

function indentOf(line: DiffLine | undefined): number {
  return line === undefined ? 0 : line.text.length - line.text.trimStart().length
}

/** Length of the longest common subsequence after each pair of lines. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) fillRow(rows, i, (j) => a[i] === b[j])
  return rows
}

function fillRow(rows: readonly Uint16Array[], i: number, isSame: (j: number) => boolean): void {
  const row = rows[i] ?? new Uint16Array()
  for (let j = row.length - 2; j >= 0; j--)
    row[j] = isSame(j) ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1))
}

function at(rows: readonly Uint16Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0
}
