import { once } from 'node:events'
import { request } from 'node:http'
import { strangersAddress } from '../strangers.mjs'

const guessers = 32
const durationMs = 6000
/** A guesser who gets an answer this fast has tried more keys than a limit would let through. */
const mostChecked = 200

export const keyGuessing = {
  id: 'key-guessing',
  title: 'stranger: guesses API keys, 32 at a time',
  run: async ({ port }) => {
    const until = performance.now() + durationMs
    let checked = 0
    const guess = async () => {
      for (let count = 0; performance.now() < until; count++) {
        const status = await ask(
          port,
          `guess-${count}`,
          AbortSignal.timeout(Math.max(1, Math.ceil(until - performance.now()))),
        )
        if (status === 401) checked++
      }
    }
    await Promise.all(Array.from({ length: guessers }, guess))
    return checked > mostChecked ? [`${checked} keys were checked in ${durationMs / 1000} s`] : []
  },
}

async function ask(port, key, signal) {
  const options = { port, host: '127.0.0.1', localAddress: strangersAddress, headers: { 'x-api-key': key }, signal }
  try {
    const asked = request({ path: '/api/status', ...options }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    return response.statusCode
  } catch {
    return undefined
  }
}
