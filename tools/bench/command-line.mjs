import { parseArgs } from 'node:util'

export const usage = `Usage: pnpm bench [options]

Measures this program beside direct connections, two plain Node relays and its peers.
A complete run writes docs/performance.md, and so does --page; others write to .cache/bench only.

  --quick           fewer cases, one round, and only what a first look needs: under 3 minutes
  --cases LIST      only cases whose name begins with one of these, such as bulk-down,connect
  --peers LIST      only these peers, such as go,chisel, or none; limits and ours are always there
  --rounds N        turns of each system (default 3; with --quick 1)
  --against PATH    another build's linksocks.js, to compare with as if it were a peer
  --from PATH       measure nothing: write table and pictures from an earlier run's results.json
  --page            write docs/performance.md, whatever was measured
  --list            name the cases and the systems that can be measured here
  --help
`

/** Most rounds: each takes half an hour, so a larger number is a mistake. */
const maxRounds = 100

/**
 * Parses the command line.
 *
 * @param {readonly string[]} args
 * @param {{ caseIds: readonly string[], peerIds: readonly string[] }} known
 * @throws RangeError naming the value that is not known.
 */
export function readCommandLine(args, { caseIds, peerIds }) {
  const { values } = parseArgs({ args, options, allowPositionals: false })
  const { quick = false, help = false, list = false, against, from } = values
  const casePrefixes = values.cases?.split(',')
  for (const prefix of casePrefixes ?? []) {
    const found = caseIds.some((id) => id.startsWith(prefix))
    if (!found) throw new RangeError(`--cases: no case begins with "${prefix}"; there are ${caseIds.join(', ')}`)
  }
  const peers = values.peers === 'none' ? [] : values.peers?.split(',')
  for (const peer of peers ?? []) {
    if (!peerIds.includes(peer)) throw new RangeError(`--peers: no peer "${peer}"; there are ${peerIds.join(', ')}`)
  }
  const whole = !quick && casePrefixes === undefined && peers === undefined && against === undefined
  const complete = whole || values.page === true
  return { quick, help, list, against, from, casePrefixes, peers, rounds: readRounds(values.rounds, quick), complete }
}

const options = {
  quick: { type: 'boolean' },
  cases: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  against: { type: 'string' },
  from: { type: 'string' },
  page: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
}

function readRounds(text, quick) {
  if (text === undefined) return quick ? 1 : 3
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= maxRounds) return rounds
  throw new RangeError(`--rounds is "${text}"; it must be a whole number from 1 to ${maxRounds}`)
}
