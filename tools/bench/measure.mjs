// The load: one function for each thing that is measured, each through `open`, which gives a connected socket.
import { connect as connectSocks } from '@ls/socks5'
import { connect } from 'node:net'

/** How to reach the target through a system. */
export function opener({ socks, port }, target) {
  if (!socks) return () => opened(connect({ port, host: '127.0.0.1', noDelay: true }))
  const proxy = { host: '127.0.0.1', port }
  return async () => {
    const socket = await connectSocks({ proxy, target: { host: '127.0.0.1', port: target } })
    return socket.resume()
  }
}

/** Megabytes a second from the target, over some streams at once. */
export async function throughputDown(open, streams, seconds) {
  const sockets = await Promise.all(Array.from({ length: streams }, open))
  for (const socket of sockets) socket.resume().write('d')
  const read = () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
  await sleep(warmUpMs)
  const [before, started] = [read(), performance.now()]
  await sleep(seconds * 1000)
  const rate = (read() - before) / 1000 / (performance.now() - started)
  for (const socket of sockets) socket.destroy()
  return rate
}

/** Megabytes a second to the target; what waits in buffers at the end counts for little. */
export async function throughputUp(open, streams, seconds) {
  const chunk = Buffer.alloc(65_536, 7)
  const sockets = await Promise.all(Array.from({ length: streams }, open))
  for (const socket of sockets) {
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.write('u')
    socket.on('drain', more)
    more()
  }
  const written = () => sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0)
  await sleep(warmUpMs)
  const [before, started] = [written(), performance.now()]
  await sleep(seconds * 1000)
  const rate = (written() - before) / 1000 / (performance.now() - started)
  for (const socket of sockets) socket.destroy()
  return rate
}

/** Milliseconds until a byte has come back over a new connection, once for each of `count`. */
export async function connectTimes(open, count) {
  return repeat(count, async () => {
    const socket = await open()
    socket.write('e1')
    await next(socket)
    socket.destroy()
  })
}

/** Milliseconds for a byte there and back on an open connection. */
export async function roundTrips(open, count) {
  const socket = await open()
  socket.write('e1')
  await next(socket)
  const times = await repeat(count, async () => {
    socket.write('x')
    await next(socket)
  })
  socket.destroy()
  return times
}

/** The same beside streams that download as fast as they can. */
export async function roundTripsUnderLoad(open, streams, count) {
  const bulk = await Promise.all(Array.from({ length: streams }, open))
  for (const socket of bulk) socket.on('data', () => {}).write('d')
  await sleep(warmUpMs)
  const times = await roundTrips(open, count)
  for (const socket of bulk) socket.destroy()
  return times
}

/** Milliseconds until the end of a 10 KiB answer that ends with its connection. */
export async function closeDelimited(open, count) {
  return repeat(count, async () => {
    const socket = await open()
    socket.write('c')
    await new Promise((resolve) => socket.resume().once('end', resolve))
    socket.destroy()
  })
}

/** Enough for windows to open and the compiler to be done. */
const warmUpMs = 1000

async function repeat(count, action) {
  const times = []
  for (let index = 0; index < count; index++) {
    const started = performance.now()
    await action()
    times.push(performance.now() - started)
  }
  return times
}

function next(socket) {
  return new Promise((resolve) => socket.once('data', resolve))
}

function opened(socket) {
  return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject))
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
