import { diffArrays } from 'diff'

/** A line of one text or of both. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Most lines of each text, since the work grows with their product; longer texts differ as a whole. */
const maxLines = 2000

/** Differences from `before` to `after`. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  if (Math.max(a.length, b.length) > maxLines) return [...linesOf('removed', a), ...linesOf('added', b)]
  return diffArrays(a, b).flatMap(({ value, added, removed }) => {
    return linesOf(added ? 'added' : removed ? 'removed' : 'same', value)
  })
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

function linesOf(kind: DiffLine['kind'], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ kind, text }))
}

function indentOf(line: DiffLine | undefined): number {
  return line === undefined ? 0 : line.text.length - line.text.trimStart().length
}
