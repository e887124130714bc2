import { spawnSync } from 'node:child_process'

/** Pairs of runs: enough for each command to run undisturbed a few times on a busy machine. */
const pairs = 31

/**
 * How many times as long a command takes as another: the fastest run of each, since other processes only ever add time.
 * They run in turns, so that both have the same load beside them.
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
