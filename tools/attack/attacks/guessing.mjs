import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { strangersAddress } from '../strangers.mjs'

const guessers = 32
const durationMs = 6000
/** More comparisons than this mean that no limit slowed the guesses down. */
const mostChecked = 200

export const keyGuessing = {
  id: 'key-guessing',
  title: 'stranger: guesses API keys, 32 at a time',
  run: guessing('keys', 401, (guess) => ({ path: '/api/status', headers: { 'x-api-key': guess } })),
}

export const tokenGuessing = {
  id: 'token-guessing',
  title: 'stranger: guesses tokens of links, 32 at a time',
  run: guessing('tokens', 101, (guess) => ({
    path: `/socket?token=${createHash('sha256').update(guess).digest('hex')}&reverse=false`,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    },
  })),
}

/** Makes a run that sends requests with guesses. The status `checked` means that the server compared the guess. */
function guessing(what, checked, requestFor) {
  return async ({ port }) => {
    const until = performance.now() + durationMs
    let count = 0
    let compared = 0
    const guess = async () => {
      while (performance.now() < until) {
        const signal = AbortSignal.timeout(Math.max(1, Math.ceil(until - performance.now())))
        const status = await ask({ port, ...requestFor(`guess-${count++}`), signal })
        if (status === checked) compared++
      }
    }
    await Promise.all(Array.from({ length: guessers }, guess))
    return compared > mostChecked ? [`${compared} ${what} were checked in ${durationMs / 1000} s`] : []
  }
}

async function ask(options) {
  try {
    const asked = request({ host: '127.0.0.1', localAddress: strangersAddress, ...options }).end()
    const [response] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')])
    response.resume()
    if (response.statusCode === 101) response.socket.destroy()
    return response.statusCode
  } catch {
    return undefined
  }
}
