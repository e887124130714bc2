// Measures the dashboard in a browser beside 9,900 connections, of which 100 move bytes and 20 end and begin again each
// second: frames a second and the heap of the page after a collection, once a minute on the page of connections, with
// and without scrolling, and on the overview. `node tests/stress/dashboard.mjs [MINUTES] [CONNECTIONS]`, after a build.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { chromium } from 'playwright-core'

const key = 'stress'
const busyCount = 100
const changesEachSecond = 20
/** Time for which frames are counted, in milliseconds. */
const countingMs = 10_000

if (process.send === undefined) await measureAll(...process.argv.slice(2).map(Number))
else await load(JSON.parse(process.argv[2]))

async function measureAll(minutes = 10, connections = 9_900) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const command = fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))
  const flags = ['server', '-t', 'stress', '-k', key, '-H', '127.0.0.1', '-P', String(port), '--guard', 'none']
  const server = fork(command, [...flags, '--max-token-channels', '20000'], { stdio: 'ignore' })
  const target = fork(fileURLToPath(import.meta.url), ['{}'])
  const [targetPort] = await once(target, 'message')
  const client = fork(fileURLToPath(import.meta.url), [JSON.stringify({ port, targetPort, connections })])
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    await once(client, 'message')
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const devtools = await page.context().newCDPSession(page)
    await page.goto(`${url}/dashboard/#/connections`)
    await page.fill('#key', key)
    await page.keyboard.press('Enter')
    await rowsOf(page)
    for (let minute = 0; minute < minutes; minute++) {
      const startedAtMs = performance.now()
      await page.click('nav a[href="#/connections"]')
      await rowsOf(page)
      print({ minute, page: 'connections', ...(await measure(page, devtools, false)) })
      print({ minute, page: 'connections, scrolling', ...(await measure(page, devtools, true)) })
      await page.click('nav a[href="#/overview"]')
      print({ minute, page: 'overview', ...(await measure(page, devtools, false)) })
      await sleep(Math.max(0, 60_000 - (performance.now() - startedAtMs)))
    }
  } finally {
    await browser.close()
    for (const child of [client, target, server]) child.kill()
  }
  process.exit(0)
}

/** Waits without a handle of the row: one that is kept holds the whole table in memory after it left the page. */
async function rowsOf(page) {
  await page.locator('tbody tr').first().waitFor()
}

async function measure(page, devtools, scrolls) {
  const frames = await page.evaluate(countFrames, { countingMs, scrolls })
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  const shown = await page.textContent('nav').then((text) => text?.match(/[\d,.]{4,}/)?.[0])
  return { ...frames, heapMiB: (usedSize / 2 ** 20).toFixed(1), shown }
}

/** Runs in the page. */
async function countFrames({ countingMs, scrolls }) {
  const scroller = [...document.querySelectorAll('*')].find(
    (each) => each.scrollHeight > each.clientHeight + 5000 && getComputedStyle(each).overflowY !== 'visible',
  )
  const startedAtMs = performance.now()
  const gaps = []
  let last = startedAtMs
  while (last - startedAtMs < countingMs) {
    const now = await new Promise((resolve) => requestAnimationFrame(resolve))
    if (now > last) gaps.push(now - last)
    last = Math.max(last, now)
    if (scrolls) (scroller ?? document.scrollingElement).scrollTop += 40
  }
  const sorted = gaps.toSorted((one, other) => one - other)
  return {
    fps: ((gaps.length * 1000) / (last - startedAtMs)).toFixed(1),
    p99Ms: (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1),
    longestMs: (sorted.at(-1) ?? 0).toFixed(0),
    scrolled: scrolls ? Math.round((scroller ?? document.scrollingElement).scrollTop) : undefined,
  }
}

/** Runs the target, or the client with all connections to it. */
async function load({ port, targetPort, connections }) {
  if (port === undefined) return serveTarget()
  const client = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'stress', proxy: 'none' })
  await client.start()
  const open = async () => {
    const stream = await client.connect({ host: '127.0.0.1', port: targetPort })
    return stream.on('error', () => {}).resume()
  }
  const streams = []
  while (streams.length < connections) streams.push(...(await Promise.all(Array.from({ length: 100 }, open))))
  process.send('open')
  const payload = Buffer.alloc(2000)
  setInterval(() => {
    for (let index = 0; index < busyCount; index++) streams[index].write(payload)
  }, 100)
  let next = busyCount
  setInterval(() => {
    for (let index = 0; index < changesEachSecond; index++) {
      const at = next
      next = next + 1 < streams.length ? next + 1 : busyCount
      streams[at].destroy()
      // On a busy machine those that ended may still count towards the limit of the server: the next round tries again.
      open().then(
        (stream) => (streams[at] = stream),
        () => {},
      )
    }
  }, 1000)
}

async function serveTarget() {
  const target = await listening(createServer((socket) => void socket.on('error', () => {}).pipe(socket)))
  process.send(target.address().port)
}

async function freePort() {
  const server = await listening(createServer())
  const { port } = server.address()
  server.close()
  return port
}

async function listening(server) {
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  return server
}

function print(figures) {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
