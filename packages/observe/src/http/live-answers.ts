import type { Writable } from 'node:stream'
import { textOf } from '@ls/foundation'
import { type LiveView, tooManyReaders } from '../live-view.js'
import { type Answer, ApiRefusal } from './answer.js'

/** Answers with the result of `read`. @throws ApiRefusal 400 for an invalid query */
export function answerQuery(read: () => object): Answer {
  return { status: 200, body: checkQuery(read) }
}

/** A request for a stream of events. */
export interface EventRequest {
  /** Query that selects the events. */
  readonly query: URLSearchParams
  /** Id of the last event that the reader received. */
  readonly lastEventId: string | undefined
  /** Receives the stream once it has begun. */
  readonly onStream?: (body: Writable) => void
}

/** Answers with events as they happen. @throws ApiRefusal 400 for an invalid query, 503 for too many readers */
export function answerEvents(live: LiveView, { query, lastEventId, onStream }: EventRequest): Answer {
  const stream = checkQuery(() => live.events(query, lastEventId))
  if (stream === undefined) throw new ApiRefusal(503, tooManyReaders, { 'retry-after': '5' })
  // Otherwise nginx buffers answers, and events would arrive late.
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }
  return {
    status: 200,
    headers,
    stream: (body) => {
      stream(body)
      onStream?.(body)
    },
  }
}

/** Reads a query. @throws ApiRefusal 400 for a RangeError, which names what is wrong */
export function checkQuery<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ApiRefusal(400, textOf(error))
    throw error
  }
}
