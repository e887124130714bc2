import { setTimeout as sleep } from 'node:timers/promises'
import { dial } from './dial.mjs'

const kept = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
const closing = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')

/**
 * Sends HTTP requests by `users` that each wait for an answer, over one kept connection each or over new ones; returns
 * requests a second.
 */
export async function requests({ route, keep, users, warmUpMs, durationMs }) {
  const state = { answers: 0, stopped: false }
  const work = Array.from({ length: users }, () => (keep ? askOnOne(route, state) : askOnNew(route, state)))
  const finished = Promise.all(work)
  await Promise.race([sleep(warmUpMs), finished])
  const [answers, started] = [state.answers, performance.now()]
  await Promise.race([sleep(durationMs), finished])
  const rate = ((state.answers - answers) * 1000) / (performance.now() - started)
  state.stopped = true
  await finished
  return rate
}

async function askOnOne(route, state) {
  const connection = await dial(route)
  while (!state.stopped) await ask(connection, kept, state)
  connection.socket.destroy()
}

async function askOnNew(route, state) {
  while (!state.stopped) {
    const connection = await dial(route)
    await ask(connection, closing, state)
    connection.socket.destroy()
  }
}

async function ask(connection, request, state) {
  let received = 0
  let expected = Infinity
  await new Promise((resolve, reject) => {
    connection.onFailed = reject
    connection.receive = (bytes) => {
      // The head arrives in one piece, and gives the length of the body.
      if (expected === Infinity) expected = answerBytes(bytes)
      received += bytes.length
      if (received >= expected) resolve()
    }
    connection.socket.write(request)
  })
  connection.onFailed = () => {}
  state.answers++
}

function answerBytes(bytes) {
  const text = bytes.latin1Slice(0, 256)
  return text.indexOf('\r\n\r\n') + 4 + Number(/Content-Length: (\d+)/.exec(text)?.[1])
}
