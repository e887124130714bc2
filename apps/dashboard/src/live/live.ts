import { batch, signal } from '@preact/signals'
import { ApiError, request } from '../api/call.js'
import type { Numbers } from '../api/numbers.js'
import { session } from '../api/session.js'
import { EventParser } from './event-stream.js'
import { type Rate, withRate } from './history.js'
import { logEvent } from './log.js'

/** Last numbers of the server. */
export const numbers = signal<Numbers | undefined>(undefined)

/** State of the connection: whether the numbers are current. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

/** Throughput over the last minutes. */
export const history = signal<readonly Rate[]>([])

/** First pause before the stream is reopened, in milliseconds; it doubles to the longest. */
const firstPauseMs = 500
const maxPauseMs = 5000

/** Longest silence of a stream, in milliseconds: numbers come once a second. */
const silenceMs = 10_000

/** Keeps the signals up to date, also over restarts of the server, until it is stopped or the session ends. */
export function watchServer(): () => void {
  const stopping = new AbortController()
  void watch(stopping.signal)
  return () => stopping.abort()
}

async function watch(stop: AbortSignal): Promise<void> {
  let failures = 0
  while (!stop.aborted) {
    const before = numbers.value
    try {
      await readStream(stop)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) session.value = 'out'
    }
    if (stop.aborted) return
    connection.value = 'lost'
    if (numbers.value !== before) failures = 0
    await pause(Math.min(firstPauseMs * 2 ** failures++, maxPauseMs), stop)
  }
}

/** Reads until the stream ends, or is silent. @throws ApiError, or the reason why it broke */
async function readStream(stop: AbortSignal): Promise<void> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), silenceMs)
  const signal = AbortSignal.any([stop, silence.signal])
  try {
    const answer = await request('GET', 'events?snapshot=1s', { signal })
    if (!answer.ok || answer.body === null) throw new ApiError(answer.status, `HTTP ${answer.status}`)
    const parser = new EventParser()
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), silenceMs)
      for (const { name, data } of parser.push(part.value)) take(name, data)
    }
  } finally {
    clearTimeout(timer)
  }
}

function take(name: string, data: string): void {
  const value = JSON.parse(data) as Record<string, unknown>
  if (name !== 'snapshot') return logEvent(name, value)
  const next = value as unknown as Numbers
  batch(() => {
    history.value = withRate(history.value, { down: next.rate_from_target ?? 0, up: next.rate_to_target ?? 0 })
    numbers.value = next
    connection.value = 'live'
  })
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    stop.addEventListener('abort', end, { once: true })
  })
}
