import { spawnSync } from 'node:child_process'

/** Pairs of runs: enough for each command to run undisturbed a few times on a busy machine. */
const pairs = 101

/**
 * Returns the ratio of the times of two commands. The fastest run of each counts, since other processes only add time.
 * They run in turns, so that both run beside the same load.
 *
 * @param {readonly string[]} command
 * @param {readonly string[]} compared
 */
export function timeRatio(command, compared) {
  const runs = Array.from({ length: pairs }, () => [milliseconds(command), milliseconds(compared)])
  return Math.min(...runs.map(([time]) => time)) / Math.min(...runs.map(([, time]) => time))
}

function milliseconds([program, ...args]) {
  const start = performance.now()
  const { status } = spawnSync(program, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
  return performance.now() - start
}
