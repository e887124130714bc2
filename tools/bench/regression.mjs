/** Share by which a figure may be worse than its reference: less than this is noise. */
const tolerance = 0.25

/**
 * Returns the figures that are too much worse than their references; smaller is better.
 *
 * @param {Record<string, number>} ratios what was measured now
 * @param {Record<string, number>} reference what was measured once
 * @returns {Array<{ name: string, message: string }>}
 */
export function findRegressions(ratios, reference) {
  return Object.entries(ratios).flatMap(([name, now]) => {
    const before = reference[name]
    if (before === undefined) return [{ name, message: `${name}: no reference; run pnpm bench:check --update` }]
    const limit = before * (1 + tolerance)
    if (now <= limit) return []
    const measured = `${now.toFixed(2)} × two plain Node relays`
    return [{ name, message: `${name}: ${measured}; the reference is ${before}, the limit ${limit.toFixed(2)}` }]
  })
}
