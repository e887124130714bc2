// Runs in the browser: the page's part of each proof. `run.mjs` bundles it.
import { connect } from '@ls/web'
import { BlockReader, makeBlock } from './blocks.mjs'

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
const host = '127.0.0.1'

/** Hashes blocks as they arrive; `hash()` returns the hash of all their hashes. */
class Hasher {
  #hashes = []
  #reader = new BlockReader((block) => this.#hashes.push(crypto.subtle.digest('SHA-256', block)))
  bytes = 0

  add(chunk) {
    this.bytes += chunk.length
    this.#reader.add(chunk)
  }

  /** Resolves when only a few blocks wait for their hash. */
  async settled() {
    await this.#hashes.at(-4)
  }

  async hash() {
    this.#reader.end()
    return hex(await crypto.subtle.digest('SHA-256', await new Blob(await Promise.all(this.#hashes)).arrayBuffer()))
  }
}

/** Returns the hash of the blocks that the far end sends or receives. */
async function expectedHash(blocks) {
  const hasher = new Hasher()
  for (let number = 0; number < blocks; number++) {
    hasher.add(makeBlock(number))
    await hasher.settled()
  }
  return hasher.hash()
}

async function download({ link, port, blocks }) {
  const { readable, writable } = link.openTcp({ host, port })
  const writer = writable.getWriter()
  await writer.write(new TextEncoder().encode(`${blocks}\n`))
  const hasher = new Hasher()
  for await (const chunk of readable) {
    hasher.add(chunk)
    await hasher.settled()
  }
  return { bytes: hasher.bytes, hash: await hasher.hash() }
}

async function upload({ link, port, blocks }) {
  const { readable, writable } = link.openTcp({ host, port })
  const answer = new Response(readable).text()
  const writer = writable.getWriter()
  for (let number = 0; number < blocks; number++) {
    const block = makeBlock(number)
    for (let at = 0; at < block.length; at += 65_536) await writer.write(block.subarray(at, at + 65_536))
  }
  await writer.close()
  return answer
}

/** Opens many streams at the same time, sends a little through each, and reads it back. */
async function manyStreams({ link, port, count }) {
  const one = async (number) => {
    const { readable, writable } = link.openTcp({ host, port })
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode(`stream ${number}`))
    await writer.close()
    return (await new Response(readable).text()) === `stream ${number}`
  }
  const answers = await Promise.all(Array.from({ length: count }, (_, number) => one(number)))
  return answers.filter(Boolean).length
}

/** Sends bytes through an echo, with at most `aheadBytes` in flight; returns bytes a second, one way. */
async function throughput({ write, onBytes, bytes, aheadBytes = 4_194_304 }) {
  const chunk = makeBlock(0).subarray(0, 65_536)
  const started = performance.now()
  const moved = { sent: 0, received: 0 }
  const arrivals = new EventTarget()
  void onBytes((length) => {
    moved.received += length
    arrivals.dispatchEvent(new Event('bytes'))
  })
  const arrival = () => new Promise((resolve) => arrivals.addEventListener('bytes', resolve, { once: true }))
  while (moved.sent < bytes) {
    while (moved.sent - moved.received > aheadBytes) await arrival()
    await write(chunk)
    moved.sent += chunk.length
  }
  while (moved.received < bytes) await arrival()
  return bytes / ((performance.now() - started) / 1000)
}

async function bareSocket(port) {
  const socket = new WebSocket(`ws://${host}:${port}/socket`)
  socket.binaryType = 'arraybuffer'
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }))
  return socket
}

async function bareThroughput({ port, bytes }) {
  const socket = await bareSocket(port)
  const onBytes = (listener) => socket.addEventListener('message', ({ data }) => listener(data.byteLength))
  const rate = await throughput({ write: (chunk) => socket.send(chunk), onBytes, bytes })
  socket.close()
  return rate
}

async function linkThroughput({ link, port, bytes }) {
  const socket = link.openTcp({ host, port })
  const writer = socket.writable.getWriter()
  const onBytes = async (listener) => {
    for await (const chunk of socket.readable) listener(chunk.length)
  }
  const rate = await throughput({ write: (chunk) => writer.write(chunk), onBytes, bytes })
  socket.close()
  return rate
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Returns the median time of many small messages there and back, in milliseconds. */
async function roundTrip(send, rounds) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await send(new Uint8Array([round]))
    times.push(performance.now() - started)
  }
  return middle(times)
}

async function bareRoundTrip({ port, rounds }) {
  const socket = await bareSocket(port)
  const send = (bytes) =>
    new Promise((resolve) => {
      socket.addEventListener('message', resolve, { once: true })
      socket.send(bytes)
    })
  const median = await roundTrip(send, rounds)
  socket.close()
  return median
}

async function linkRoundTrip({ link, port, rounds }) {
  const socket = link.openTcp({ host, port })
  const [writer, reader] = [socket.writable.getWriter(), socket.readable.getReader()]
  const send = async (bytes) => {
    await writer.write(bytes)
    await reader.read()
  }
  const median = await roundTrip(send, rounds)
  socket.close()
  return median
}

/** A stream that is not read after its first chunk. */
async function stall({ link, port }) {
  const { readable } = link.openTcp({ host, port })
  const reader = readable.getReader()
  await reader.read()
  globalThis.stalled = reader
}

globalThis.proof = {
  connect,
  expectedHash,
  download,
  upload,
  manyStreams,
  bareThroughput,
  linkThroughput,
  bareRoundTrip,
  linkRoundTrip,
  stall,
}
