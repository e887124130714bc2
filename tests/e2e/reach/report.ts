import type { Target } from './target.js'
import type { Way } from './way.js'

/** Tries of each target on each way, in turn; the median counts. */
const tries = 7

/**
 * Time that a way through the proxy may take in addition to a direct one, in milliseconds: there is no round trip on
 * loopback.
 */
const allowedMs = 20

/** Prints a table in Markdown, and returns the targets that took too long. */
export async function reportTimes(group: string, targets: readonly Target[], ways: readonly Way[]): Promise<string[]> {
  const lines = [
    `| ${group} | ${ways.map(({ name }) => name).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(ways.length)}`,
  ]
  const late: string[] = []
  for (const { title, reach } of targets) {
    const times = await timesOf(reach, ways)
    const [direct = 0, ...ours] = times
    lines.push(`| ${title} | ${times.map((time) => time.toFixed(1)).join(' | ')} |`)
    ways.slice(1).forEach(({ name }, at) => {
      const more = (ours[at] ?? 0) - direct
      if (more > allowedMs) late.push(`${group}: ${title}: ${name} takes ${more.toFixed(1)} ms more`)
    })
  }
  console.log(lines.join('\n'))
  return late
}

/** Returns the median on each way, in milliseconds. */
async function timesOf(reach: Target['reach'], ways: readonly Way[]): Promise<number[]> {
  const taken: number[][] = ways.map(() => [])
  for (let count = 0; count < tries; count++) {
    for (const [at, way] of ways.entries()) {
      const start = performance.now()
      await reach(way)
      taken[at]?.push(performance.now() - start)
    }
  }
  return taken.map((each) => each.toSorted((a, b) => a - b)[tries >> 1] ?? 0)
}
