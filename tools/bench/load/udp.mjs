import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { associate, requestFor } from './dial.mjs'

/** Time after which a missing datagram counts as lost, in milliseconds. */
const lostAfterMs = 250
/** Time for datagrams in transit after the last one was sent, in milliseconds. */
const tailMs = 500
/** The same as in programs/target.mjs. */
const bufferBytes = 4 * 1024 * 1024
const everyMs = 5
/** Most datagrams in a row after a pause of this process: the loss of more would not be the fault of the proxy. */
const burst = 64

/**
 * Returns the datagrams echoed a second after `warmUpMs`, with `window` of them in flight at any time, and the share of
 * all that was lost.
 */
export async function windowedDatagrams({ route, bytes, window, warmUpMs, durationMs }) {
  const socket = await open(route)
  const state = { sent: 0, received: 0 }
  const started = performance.now()
  const endsAt = started + warmUpMs + durationMs
  // A slot is a datagram in flight: its answer, or its timeout, sends the next one.
  const slots = Array.from({ length: window }, (_, number) => ({ number, due: 0 }))
  const fire = (slot) => {
    slot.due = performance.now() + lostAfterMs
    state.sent++
    socket.send(bytes, slot.number)
  }
  socket.onAnswer = (number) => {
    state.received++
    const slot = slots[number % window]
    // A late answer to a datagram that counts as lost: the slot has already sent its next one.
    if (slot.number !== number || performance.now() >= endsAt) return
    slot.number += window
    fire(slot)
  }
  slots.forEach((slot) => fire(slot))
  let warm
  while (performance.now() < endsAt) {
    await sleep(everyMs)
    const now = performance.now()
    if (now - started >= warmUpMs) warm ??= { received: state.received, at: now }
    for (const slot of slots.filter(({ due }) => due < now)) {
      slot.number += window
      fire(slot)
    }
  }
  const rate = ((state.received - warm.received) * 1000) / (performance.now() - warm.at)
  await sleep(tailMs)
  socket.close()
  return { rate, lost: lostShare(state) }
}

/** Returns the share of lost datagrams that were sent at a steady rate. */
export async function steadyDatagrams({ route, bytes, perSecond, durationMs }) {
  const socket = await open(route)
  const state = { sent: 0, received: 0 }
  let scheduled = 0
  socket.onAnswer = () => state.received++
  const started = performance.now()
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - started) {
    // Times follow the clock and not the previous timer: the rate must not fall with each late timer.
    const due = Math.floor((elapsedMs * perSecond) / 1000)
    for (let left = Math.min(due - scheduled, burst); left > 0; left--) socket.send(bytes, state.sent++)
    scheduled = due
    await sleep(everyMs)
  }
  await sleep(tailMs)
  socket.close()
  return { lost: lostShare(state) }
}

function lostShare({ sent, received }) {
  return sent === 0 ? 1 : (sent - received) / sent
}

/** Opens a socket to the target whose datagrams carry a number; through SOCKS they also carry its header. */
async function open(route) {
  const association = route.socks ? await associate(route) : undefined
  // A UDP request header is a TCP request with a different meaning of its first three bytes (RFC 1928 §7).
  const header = route.socks
    ? Buffer.concat([Buffer.alloc(3), requestFor(0x01, route.targetPort).subarray(3)])
    : Buffer.alloc(0)
  const socket = createSocket({ type: 'udp4', recvBufferSize: bufferBytes }).bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.connect(association?.port ?? route.targetPort, '127.0.0.1')
  await once(socket, 'connect')
  const opened = {
    onAnswer: () => {},
    send(bytes, number) {
      const datagram = Buffer.alloc(header.length + bytes)
      header.copy(datagram)
      datagram.writeUInt32BE(number, header.length)
      socket.send(datagram)
    },
    close() {
      socket.close()
      association?.connection.socket.destroy()
    },
  }
  socket.on('error', () => {})
  socket.on(
    'message',
    (bytes) => bytes.length >= header.length + 4 && opened.onAnswer(bytes.readUInt32BE(header.length)),
  )
  return opened
}
