// `pnpm bench:watched`: measures the cost of being watched, by Prometheus at both ends or by a dashboard.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { quantile } from './cases.mjs'
import { Target } from './children.mjs'
import { endOnSignals, freePort } from './processes.mjs'
import { RunningSystem } from './running-system.mjs'
import { repositoryRoot } from './systems/find.mjs'

const usage = `Usage: pnpm bench:watched [--rounds N]

A server and a client, three times: unwatched, scraped by Prometheus at both ends each second, and shown by a dashboard,
which reads events, snapshots and a list each second. They take turns within one run, in the opposite order each second
round (default 24). Prints the median and the best of each figure, and the quartiles of its ratios to the unwatched turn beside it.
`

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '24' }, help: { type: 'boolean', short: 'h' } },
})

const command = [process.execPath, join(repositoryRoot, 'apps/cli/bin/linksocks.js')]
const key = 'bench'
/** Short times, so that the three ways of a round run on an equally busy machine. */
const times = { warmUpMs: 200, durationMs: 600 }
const loads = {
  bulk: { direction: 'down', streams: 8, bytes: 65_536, ...times },
  messages: { direction: 'up', streams: 8, bytes: 64, ...times },
}
const roundTripLoad = { warmUp: 200, count: 3000, limitMs: 800 }

/** The flags of server and client, and the pages that a watcher reads each second, or without an end. */
const ways = {
  unwatched: () => ({}),
  scraped: (_link, [server, client]) => ({
    serverFlags: ['--metrics', `127.0.0.1:${server}`],
    clientFlags: ['--metrics', `127.0.0.1:${client}`],
    reads: [`http://127.0.0.1:${server}/metrics`, `http://127.0.0.1:${client}/metrics`],
  }),
  shown: (link) => ({
    serverFlags: ['--api-key', key],
    reads: [`http://127.0.0.1:${link}/api/connections?sort=rate`],
    follows: `http://127.0.0.1:${link}/api/events?snapshot=1s`,
  }),
}

async function startWay(way, target) {
  const [link, port, ...ports] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const { serverFlags = [], clientFlags = [], ...watched } = way(link, ports)
  const start = async ({ processes }) => {
    const place = ['-H', '127.0.0.1', '-P', String(link), '--guard', 'none']
    await processes.start([...command, 'server', '-t', 'bench', ...place, ...serverFlags], link)
    const client = ['client', '-t', 'bench', '-u', `ws://127.0.0.1:${link}`, '-p', String(port), ...clientFlags]
    await processes.start([...command, ...client], port)
    return { socks: true, targetPort: target.port, port }
  }
  const running = await RunningSystem.start({ start }, target)
  return { running, watcher: watch(watched) }
}

/** Reads pages as a watcher does; `stop` fails if a read has failed. */
function watch({ reads = [], follows }) {
  const ended = new AbortController()
  const ask = (url) => fetch(url, { headers: { 'X-API-Key': key }, signal: ended.signal })
  const read = async (url) => {
    const answer = await ask(url)
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
    await answer.text()
  }
  const readAll = async () => {
    for (; reads.length > 0; await sleep(1000, undefined, { signal: ended.signal })) await Promise.all(reads.map(read))
  }
  const follow = async () => {
    if (follows !== undefined) for await (const _piece of (await ask(follows)).body);
  }
  const over = Promise.all([readAll(), follow()]).catch((error) => {
    if (!ended.signal.aborted) return error
  })
  return {
    async stop() {
      ended.abort()
      const error = await over
      if (error instanceof Error) throw error
    },
  }
}

/** Returns the figures of one turn of a way. */
async function measure(running) {
  const figures = {}
  await running.runCase(
    {
      run: async ({ route, measure: during, processes, run }) => {
        for (const [name, load] of Object.entries(loads)) {
          const { bytes, seconds, cpuSeconds } = await during('bulk', { route, ...load }, load.direction)
          figures[`${name}, MB/s`] = bytes / seconds / 1e6
          figures[`${name}, CPU s/GiB`] = (cpuSeconds / bytes) * 2 ** 30
        }
        const before = processes.cpuSeconds()
        const took = await run('roundTrips', { route, ...roundTripLoad })
        figures['a byte and back, p50 µs'] =
          quantile(
            took.toSorted((a, b) => a - b),
            0.5,
          ) * 1000
        figures['a byte and back, CPU µs'] =
          ((processes.cpuSeconds() - before) / (took.length + roundTripLoad.warmUp)) * 1e6
      },
    },
    { keep() {}, report() {} },
  )
  return figures
}

async function measureAll(rounds) {
  const target = await Target.start()
  const systems = []
  try {
    for (const [name, way] of Object.entries(ways)) systems.push({ name, turns: [], ...(await startWay(way, target)) })
    for (let round = 0; round < rounds; round++) {
      for (const system of round % 2 === 0 ? systems : systems.toReversed()) {
        system.turns.push(await measure(system.running))
        console.error(`round ${round + 1}/${rounds} ${system.name}`)
      }
    }
    return systems
  } finally {
    for (const { running, watcher } of systems) {
      await watcher.stop()
      await running.stop()
    }
    target.stop()
  }
}

/**
 * Prints a row for each figure and way: its median, the quartiles of its ratios to the unwatched turn of the same
 * round, and its best turn, which other load on the machine changes least.
 */
function report(systems) {
  const [unwatched] = systems
  for (const figure of Object.keys(unwatched.turns[0])) {
    for (const { name, turns } of systems) {
      const each = turns.map((turn) => turn[figure])
      const ratios = turns.map((turn, round) => turn[figure] / unwatched.turns[round][figure])
      const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2))
      const best = figure.endsWith('MB/s') ? Math.max(...each) : Math.min(...each)
      const words = [figure.padEnd(24), name.padEnd(10), quantile(each, 0.5).toFixed(2).padStart(8)]
      console.log(...words, `  ratio ${middle} (${low}–${high})   best ${best.toFixed(2)}`)
    }
  }
}

endOnSignals()
if (values.help === true) process.stdout.write(usage)
else report(await measureAll(Number(values.rounds)))
process.exit(0)
