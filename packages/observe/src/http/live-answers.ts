import type { Writable } from 'node:stream'
import { textOf } from '@ls/foundation'
import { type LiveView, tooManyReaders } from '../live-view.js'
import { type Answer, ApiRefusal } from './answer.js'

/** Answers with what `read` gives. @throws ApiRefusal 400 for a query that cannot be */
export function answerQuery(read: () => object): Answer {
  return { status: 200, body: checked(read) }
}

/** A stream of events. */
export interface EventRequest {
  /** Which events. */
  readonly query: URLSearchParams
  /** What the reader has seen last. */
  readonly lastEventId: string | undefined
  /** Is told of the stream once it has begun. */
  readonly onStream?: (body: Writable) => void
}

/** Answers with events as they happen. @throws ApiRefusal 400 for a query that cannot be, 503 for too many readers */
export function answerEvents(live: LiveView, { query, lastEventId, onStream }: EventRequest): Answer {
  const stream = checked(() => live.events(query, lastEventId))
  if (stream === undefined) throw new ApiRefusal(503, tooManyReaders, { 'retry-after': '5' })
  // nginx gathers answers otherwise, and events would come late.
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

function checked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ApiRefusal(400, textOf(error))
    throw error
  }
}
