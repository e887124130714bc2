/** The middle value, or undefined of none; of an even number the mean of the middle two. Holes do not count. */
export function median(values = []) {
  const sorted = known(values).toSorted((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How far the values lie from the median, as a share of it: half of the distance between the outermost. */
export function spread(values = []) {
  const [middle, all] = [median(values), known(values)]
  if (all.length < 2 || middle === 0) return undefined
  return (Math.max(...all) - Math.min(...all)) / 2 / Math.abs(middle)
}

/**
 * The median of ratios within a round, which a machine that was busy in another round does not touch; undefined where
 * no round has both.
 */
export function pairedRatio(values = [], others = []) {
  const rounds = values.map((value, round) => [value, others[round]])
  return median(rounds.flatMap(([value, other]) => (known([value, other]).length === 2 ? [value / other] : [])))
}

/** JSON makes null of a hole. */
function known(values) {
  return values.filter((value) => Number.isFinite(value))
}
