/**
 * Returns the median: of an even number of values the mean of the two in the middle, of none undefined. Holes do not
 * count.
 */
export function median(values = []) {
  const sorted = known(values).toSorted((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Returns how far the values are from the median, as a share of it: half of the distance between smallest and largest.
 */
export function spread(values = []) {
  const [middle, all] = [median(values), known(values)]
  if (all.length < 2 || middle === 0) return undefined
  return (Math.max(...all) - Math.min(...all)) / 2 / Math.abs(middle)
}

/**
 * Returns the median of ratios within a round, so that load in one round does not change the ratios of others;
 * undefined where no round has both values.
 */
export function pairedRatio(values = [], others = []) {
  const rounds = values.map((value, round) => [value, others[round]])
  return median(rounds.flatMap(([value, other]) => (known([value, other]).length === 2 ? [value / other] : [])))
}

/** JSON writes a hole as null. */
function known(values) {
  return values.filter((value) => Number.isFinite(value))
}
