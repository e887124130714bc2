/** Returns names among `known` similar to `word`; at most two, the likeliest first. */
export function suggest(word: string, known: readonly string[]): readonly string[] {
  if (word.length > maxWordLength) return []
  // One error in three letters is still similar; more distant suggestions only confuse.
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)))
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance)
  const found = near.length > 0 ? near.map(({ candidate }) => candidate) : known.filter((name) => hasPart(name, word))
  return found.slice(0, 2)
}

/** Longest word to compare, longer than all known names: the comparison takes quadratic time. */
const maxWordLength = 64

/** Returns `; did you mean --a or --b?`, or an empty text. */
export function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`
}

/** Whether `word` is a part of `name`: `port` is one of `socks-port` and of `socksPort`. */
function hasPart(name: string, word: string): boolean {
  return word.length > 2 && partsOf(name).includes(word)
}

function partsOf(name: string): readonly string[] {
  return name.split(/-|(?=[A-Z])/).map((part) => part.toLowerCase())
}

/** Counts the insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
