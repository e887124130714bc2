// The honest tenant: sends one request after the other, and opens a new link now and then. Its argument says what to
// do, and its parent when to begin and to report.
import { once } from 'node:events'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@ls/socks5/node'
import { Link } from '../link.mjs'

/** A request that takes longer than this has failed, in ms. */
const requestLimitMs = 5000
const pauseMs = { request: 10, link: 500 }

const { url, token, proxyPort, echo, host, bytes = 1, visits } = JSON.parse(process.argv[2])
const payload = Buffer.alloc(bytes, 'x')
let found = fresh()
let requests = 0

process.on('disconnect', () => process.exit())
process.on('message', (what) => {
  process.send(found)
  if (what === 'begin') found = fresh()
})
void repeat(visits === undefined ? proxied : visit, pauseMs.request, (ms) => found.timesMs.push(ms))
void repeat(openLink, pauseMs.link, () => {})

function fresh() {
  return { timesMs: [], failed: 0, reason: undefined }
}

async function repeat(request, pause, onDone) {
  for (;;) {
    const startMs = performance.now()
    try {
      await request(AbortSignal.timeout(requestLimitMs))
      onDone(performance.now() - startMs)
    } catch (error) {
      found.failed++
      found.reason = `${request.name}: ${error.message}`
    }
    await sleep(pause)
  }
}

/** Sends a byte through the proxy to the echo and back. A `*` in `host` makes a new name for each request. */
async function proxied(signal) {
  const target = { ...echo, ...(host === undefined ? {} : { host: host.replace('*', String(++requests)) }) }
  const socket = await connect({ proxy: { host: '127.0.0.1', port: proxyPort }, target, timeoutMs: requestLimitMs })
  try {
    socket.write(payload)
    for (let received = 0; received < bytes;) {
      const [chunk] = await once(socket.resume(), 'data', { signal })
      received += chunk.length
    }
  } finally {
    socket.destroy()
  }
}

/** Requests a page of the website behind the port; with TLS, each time with a new handshake. */
async function visit(signal) {
  const path = `/page/${++requests}`
  const request = visits.startsWith('https:')
    ? getSecurely(`${visits}${path}`, { signal, agent: false })
    : get(`${visits}${path}`, { signal })
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  if (text !== `page ${path}`) throw new Error(`asked for ${path}, got '${text}'`)
}

/** Opens a second link with the same token. */
async function openLink() {
  const link = await Link.open({ url, token, extensions: ['window', 'fin', 'resume'] })
  link.close()
}
