// Each proof: a name, and a function of the rig and its sizes that returns the result and whether it is enough.
import { setTimeout as delay } from 'node:timers/promises'
import { blockBytes } from './blocks.mjs'

const mebibyte = 1_048_576
const rateText = (bytes) => `${(bytes / mebibyte).toFixed(0)} MiB/s`

export const proofs = {
  download: transfer,
  upload: async ({ run, page, ports }, { mib }) => {
    const blocks = blocksOf(mib)
    const started = Date.now()
    const seen = await run('upload', { port: ports.hash, blocks })
    const rate = rateText((blocks * blockBytes * 1000) / (Date.now() - started))
    return { ok: seen === (await expected(page, blocks)), text: `${mib} MiB up, ${rate}, hash compared` }
  },
  cuts: async (rig, { cuts }) => {
    let done = 0
    // The session exists once both ends have sent a message; before that there is nothing to resume.
    await rig.run('linkRoundTrip', { port: rig.ports.echo, rounds: 1 })
    const timer = setInterval(() => done < cuts && rig.farEnd.send({ cut: true }) && done++, cutEveryMs)
    try {
      // Transfers continue until all cuts have been made.
      for (let round = 0; ; round++) {
        const outcome = await transfer(rig, { mib: 256 })
        if (!outcome.ok) return { ok: false, text: `after ${done} cuts, transfer ${round}: ${outcome.text}` }
        if (done >= cuts)
          return { ok: true, text: `${done} cuts in ${round + 1} downloads of 256 MiB, all hashes equal` }
      }
    } finally {
      clearInterval(timer)
    }
  },
  stall: async ({ run, cdp, ports, farEnd }, { stallSeconds }) => {
    let sentBytes = 0
    const count = (message) => (sentBytes = message.sentBytes ?? sentBytes)
    farEnd.on('message', count)
    const before = await heapBytes(cdp)
    await run('stall', { port: ports.endless })
    const other = run('linkThroughput', { port: ports.echo, bytes: 64 * mebibyte })
    await delay(stallSeconds * 1000)
    farEnd.off('message', count)
    const rate = await other
    const grown = (await heapBytes(cdp)) - before
    const text = `after ${stallSeconds} s the far end had sent ${(sentBytes / mebibyte).toFixed(1)} MiB, the heap had grown by ${(grown / mebibyte).toFixed(1)} MiB; another stream beside it: ${rateText(rate)}`
    return { ok: sentBytes < 48 * mebibyte && grown < 48 * mebibyte && rate > mebibyte, text }
  },
  streams: async ({ run, ports }, { streams }) => {
    const started = Date.now()
    const ok = await run('manyStreams', { port: ports.echo, count: streams })
    return { ok: ok === streams, text: `${ok} of ${streams} streams at once echoed, ${Date.now() - started} ms` }
  },
  freeze: async ({ run, cdp, page, ports }, { freezeSeconds }) => {
    const blocks = blocksOf(512)
    const transfer = run('download', { port: ports.blocks, blocks })
    await delay(300)
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' })
    await delay(freezeSeconds * 1000)
    await cdp.send('Page.setWebLifecycleState', { state: 'active' })
    const { hash } = await transfer
    return {
      ok: hash === (await expected(page, blocks)),
      text: `frozen for ${freezeSeconds} s in a download, hash compared`,
    }
  },
  throughput: async ({ run, runDirectly, ports }, { mib }) => {
    const bytes = Math.min(mib, 256) * mebibyte
    const rounds = []
    for (let round = 0; round < 3; round++) {
      const bare = await run('bareThroughput', { port: ports.bare, bytes })
      rounds.push({ bare, linked: await runDirectly('linkThroughput', { port: ports.echo, bytes }) })
    }
    const { bare, linked } = rounds.toSorted((a, b) => a.linked / a.bare - b.linked / b.bare)[1]
    const ratio = linked / bare
    const text = `echo of ${bytes / mebibyte} MiB: ${rateText(linked)}, a bare WebSocket ${rateText(bare)}: ${ratio.toFixed(2)} (at least 0.7; the middle one of three)`
    return { ok: ratio >= 0.7, text }
  },
  latency: async ({ run, runDirectly, ports }) => {
    const bare = await run('bareRoundTrip', { port: ports.bare, rounds: 500 })
    const linked = await runDirectly('linkRoundTrip', { port: ports.echo, rounds: 500 })
    const text = `p50 of a byte and back: ${linked.toFixed(2)} ms, a bare WebSocket ${bare.toFixed(2)} ms (at most 1 ms more)`
    return { ok: linked - bare <= 1, text }
  },
}

/** Time between two cuts, in milliseconds: less than a transfer of 8 MiB takes, and more than a new link. */
const cutEveryMs = 150

async function transfer({ run, page, ports }, { mib }) {
  const blocks = blocksOf(mib)
  const started = Date.now()
  const { hash } = await run('download', { port: ports.blocks, blocks })
  const rate = rateText((blocks * blockBytes * 1000) / (Date.now() - started))
  return { ok: hash === (await expected(page, blocks)), text: `${mib} MiB down, ${rate}, hash compared` }
}

const blocksOf = (mib) => Math.ceil((mib * mebibyte) / blockBytes)

const hashes = new Map()

/** Computed once for each length: it takes as long as a transfer. */
async function expected(page, blocks) {
  const known = hashes.get(blocks) ?? (await page.evaluate((count) => globalThis.proof.expectedHash(count), blocks))
  hashes.set(blocks, known)
  return known
}

/** Returns the heap after a collection, with the buffers outside it. */
async function heapBytes(cdp) {
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = await cdp.send('Runtime.getHeapUsage')
  return usedSize + backingStorageSize
}
