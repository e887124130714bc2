// The cases of the benchmark. Each one runs one task of the load on one started system, and returns one or more
// figures.

/** Sizes of the application's writes, and numbers of streams. */
const bulkLoads = [
  { bytes: 65_536, name: '64 KiB', streams: { full: [1, 8, 64], quick: [1, 8] } },
  { bytes: 1024, name: '1 KiB', streams: { full: [1, 8, 64], quick: [8] } },
]
/** Size of an answer that an application sends immediately, and a person reads. */
const answerBytes = 10 * 1024
const datagramBytes = 1200
const datagramsPerSecond = 5000
/** Half of a round trip of 200 ms, and 200 Mbit/s: the path then holds 5 MB. */
export const longPath = { delayMs: 100, bytesPerSecond: 25_000_000 }
const firstChannels = 50
/** Time for the messages of a case, in milliseconds. A peer that delays messages sends fewer of them in this time. */
const channelsLimitMs = 8000
const channelCounts = { full: [100, 1000, 3000, 10_000], quick: [100, 1000] }
const mebibyte = 1024 * 1024

/** Quantiles of a distribution that are stored: enough to draw it and to read its ends. */
export const keptQuantiles = [...Array.from({ length: 99 }, (_, index) => index / 100), 0.99, 0.995, 0.999, 1]

/** Durations and numbers, by thoroughness. */
const efforts = {
  full: {
    bulkMs: 2000,
    warmUpMs: 700,
    times: 1000,
    // By then V8 has compiled all hot functions; before, the slowest hundredth waits for the compiler.
    warmUpTimes: 5000,
    loadedTimes: 200,
    longMs: 6000,
    longWarmUpMs: 6000,
    pathStreams: [1, 8],
    latencyLimitMs: 8000,
    messages: 20_000,
  },
  quick: {
    bulkMs: 700,
    warmUpMs: 400,
    times: 300,
    warmUpTimes: 2000,
    loadedTimes: 50,
    longMs: 1500,
    longWarmUpMs: 3500,
    pathStreams: [1],
    latencyLimitMs: 3000,
    messages: 4000,
  },
}

/**
 * @param {'full' | 'quick'} thoroughness
 * @returns {Array<{ id: string, group: string, needsUdp?: boolean, path?: object, once?: boolean,
 *   figures: Array<{ id: string, title: string, unit: string, better: 'higher' | 'lower' }>,
 *   run: (context: object) => Promise<Record<string, number | undefined>> }>} In the order of the table.
 */
export function allCases(thoroughness) {
  const effort = efforts[thoroughness]
  return [
    ...bulkCases(thoroughness, effort),
    ...latencyCases(effort),
    ...httpCases(effort),
    ...udpCases(effort),
    ...longPathCases(effort),
    channelsCase(thoroughness, effort),
  ]
}

/** Groups of cases and their headings; each group begins with newly started systems. */
export const groupTitles = {
  bulk: 'Bulk',
  latency: 'Latency',
  http: 'HTTP through the proxy',
  udp: 'UDP',
  path: `A path of ${2 * longPath.delayMs} ms and ${(longPath.bytesPerSecond * 8) / 1e6} Mbit/s`,
  channels: 'Many channels',
  memory: 'Memory',
  start: 'Start',
}

function bulkCases(thoroughness, effort) {
  return bulkLoads.flatMap(({ bytes, name, streams }) =>
    streams[thoroughness].flatMap((streams) =>
      ['down', 'up'].map((direction) => bulkCase({ direction, streams, bytes, name }, effort)),
    ),
  )
}

function bulkCase({ direction, streams, bytes, name }, { bulkMs, warmUpMs }) {
  const id = `bulk-${direction}-${streams}-${name.replace(' KiB', 'k')}`
  const title = `${direction}, ${plural(streams)}, ${name} writes`
  return {
    id,
    group: 'bulk',
    figures: [
      { id, title, unit: 'MB/s', better: 'higher' },
      { id: `${id}-cpu`, title: `${title}: CPU`, unit: 's/GiB', better: 'lower' },
    ],
    run: async ({ route, measure }) => {
      const load = { route, direction, streams, bytes, warmUpMs, durationMs: bulkMs }
      const { bytes: carried, seconds, cpuSeconds } = await measure('bulk', load, direction)
      return { [id]: carried / 1e6 / seconds, [`${id}-cpu`]: cpuSeconds / (carried / (1024 * mebibyte)) }
    },
  }
}

/**
 * `close` comes first: a peer that closes slowly would still be closing the connections of earlier cases. The downloads
 * of `beside-bulk` come last for the same reason.
 */
function latencyCases({ times, warmUpTimes, loadedTimes, latencyLimitMs: limitMs }) {
  // A connection runs through hundreds of functions, and V8 compiles each of them only after many runs.
  const load = { count: times / 2, warmUp: warmUpTimes, limitMs: 2 * limitMs }
  const downloads = { direction: 'down', streams: 8, bytes: 65_536, warmUpMs: 1000 }
  return [
    latencyCase('close', '10 KiB until the end of the connection', 'answerTimes', { ...load, bytes: answerBytes }),
    latencyCase('connect', 'connect + first byte', 'connectTimes', load),
    latencyCase('round-trip', '1 byte there and back', 'roundTrips', {
      count: 5 * times,
      warmUp: warmUpTimes,
      limitMs,
    }),
    latencyCase(
      'beside-bulk',
      '… beside 8 downloads',
      'roundTrips',
      { count: loadedTimes, warmUp: 5, limitMs },
      downloads,
    ),
  ]
}

/** @param {object} [bulk] streams that run meanwhile */
function latencyCase(id, title, task, load, bulk) {
  const figures = [0.5, 0.99].map((share) => ({
    id: `${id}-p${share * 100}`,
    title: `${title}, p${share * 100}`,
    unit: 'ms',
    better: 'lower',
  }))
  const run = async ({ route, run, beside, keep }) => {
    const act = () => run(task, { route, ...load })
    const times = bulk === undefined ? await act() : await beside({ ...bulk, route }, act)
    keep(id, times)
    return { [`${id}-p50`]: quantile(times, 0.5), [`${id}-p99`]: quantile(times, 0.99) }
  }
  return { id, group: 'latency', figures, run }
}

function httpCases({ bulkMs, warmUpMs }) {
  return [true, false].map((keep) => {
    const id = keep ? 'http-kept' : 'http-new'
    const title = keep ? 'requests on kept connections' : 'requests on new connections'
    return {
      id,
      group: 'http',
      figures: [{ id, title, unit: '1/s', better: 'higher' }],
      run: async ({ route, run }) => ({
        [id]: await run('requests', { route, keep, users: 16, warmUpMs, durationMs: bulkMs }),
      }),
    }
  })
}

function udpCases({ bulkMs: durationMs, warmUpMs }) {
  const load = { bytes: datagramBytes, warmUpMs, durationMs }
  return [
    {
      id: 'udp-window',
      group: 'udp',
      needsUdp: true,
      figures: [
        { id: 'udp-rate', title: 'datagrams echoed, 64 under way', unit: '1/s', better: 'higher' },
        { id: 'udp-lost', title: '… lost', unit: '%', better: 'lower' },
      ],
      run: async ({ route, run }) => {
        const { rate, lost } = await run('windowedDatagrams', { ...load, route, window: 64 })
        return { 'udp-rate': rate, 'udp-lost': 100 * lost }
      },
    },
    {
      id: 'udp-steady',
      group: 'udp',
      needsUdp: true,
      figures: [{ id: 'udp-steady-lost', title: `lost of ${datagramsPerSecond} a second`, unit: '%', better: 'lower' }],
      run: async ({ route, run }) => {
        const { lost } = await run('steadyDatagrams', { ...load, route, perSecond: datagramsPerSecond })
        return { 'udp-steady-lost': 100 * lost }
      },
    },
  ]
}

function longPathCases({ longMs, longWarmUpMs, latencyLimitMs: limitMs, pathStreams }) {
  const connect = latencyCase('path-connect', 'connect + first byte', 'connectTimes', { count: 5, warmUp: 1, limitMs })
  const bulk = pathStreams.map((streams) => {
    const id = `path-down-${streams}`
    return {
      id,
      group: 'path',
      path: longPath,
      figures: [
        { id, title: `down, ${plural(streams)}, after ${longWarmUpMs / 1000} s`, unit: 'MB/s', better: 'higher' },
      ],
      run: async ({ route, measure }) => {
        const load = { route, direction: 'down', streams, bytes: 65_536, warmUpMs: longWarmUpMs, durationMs: longMs }
        const { bytes, seconds } = await measure('bulk', load, 'down')
        return { [id]: bytes / 1e6 / seconds }
      },
    }
  })
  return [{ ...connect, group: 'path', path: longPath, figures: connect.figures.slice(0, 1) }, ...bulk]
}

/** One run measures thousands of channels and messages, so the case runs in the first round only. */
function channelsCase(thoroughness, { messages }) {
  const counts = channelCounts[thoroughness]
  const figures = [
    ...counts.map((count) => ({
      id: `channels-${count}-memory`,
      title: `${count} idle channels: memory`,
      unit: 'MiB',
      better: 'lower',
    })),
    { id: 'channel-memory', title: `each of ${counts.at(-1)} idle channels, both ends`, unit: 'KiB', better: 'lower' },
    { id: 'channel-open', title: 'CPU of opening a channel', unit: 'µs', better: 'lower' },
    ...counts.map((count) => ({
      id: `channels-${count}-message`,
      title: `CPU of a message there and back, ${count} channels open`,
      unit: 'µs',
      better: 'lower',
    })),
  ]
  return {
    id: 'channels',
    group: 'channels',
    once: true,
    figures,
    run: (context) => runChannels(context, counts, messages),
  }
}

async function runChannels({ route, run, measure, processes, settle, report }, counts, messages) {
  // Memory and code that the first channels allocate permanently must not count for later channels.
  await run('openChannels', { route, count: firstChannels })
  await run('useChannels', { count: messages, limitMs: channelsLimitMs })
  const idle = await settle()
  const figures = {}
  let cpuOpening = 0
  for (const count of counts) {
    const cpu = processes.cpuSeconds()
    await run('openChannels', { route, count })
    cpuOpening += processes.cpuSeconds() - cpu
    figures[`channels-${count}-memory`] = await settle()
    const { cpuSeconds, result: sent } = await measure('useChannels', { count: messages, limitMs: channelsLimitMs })
    figures[`channels-${count}-message`] = (cpuSeconds * 1e6) / sent
    // Figures measured so far stay valid when more channels cannot be opened.
    report(figures)
  }
  const most = counts.at(-1)
  figures['channel-memory'] = ((figures[`channels-${most}-memory`] - idle) * 1024) / (most - firstChannels)
  figures['channel-open'] = (cpuOpening * 1e6) / (most - firstChannels)
  await run('closeChannels')
  return figures
}

function plural(streams) {
  return streams === 1 ? '1 stream' : `${streams} streams`
}

/** Returns the value below which that share of `values` lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
