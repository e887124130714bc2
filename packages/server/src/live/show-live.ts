import { textOf } from '@ls/foundation'
import { tooManyReaders } from '@ls/observe'
import { type Answer, ApiRefusal } from '../api/answer.js'
import type { ApiCall } from '../api/api-call.js'

/** `GET /api/links`: a page of the links. */
export function showLinks({ server, query }: ApiCall): Answer {
  return { status: 200, body: checked(() => server.live.links(query)) }
}

/** `GET /api/connections`: a page of the open connections. */
export function showConnections({ server, query }: ApiCall): Answer {
  return { status: 200, body: checked(() => server.live.connections(query)) }
}

/** `DELETE /api/links/{id}`: ends a link with its connections. The client may come back. */
export function closeLink({ server, parameter: id, logger }: ApiCall): Answer {
  if (!server.closeLink(id)) throw new ApiRefusal(404, 'link does not exist')
  logger.info({ link: id }, 'management API: a link was closed')
  return { status: 200, body: { success: true, id } }
}

/** `GET /api/events`: what happens, as it happens. */
export function showEvents({ server, query, lastEventId, dashboard, clock }: ApiCall): Answer {
  const stream = checked(() => server.live.events(query, lastEventId))
  if (stream === undefined) throw new ApiRefusal(503, tooManyReaders, { 'retry-after': '5' })
  // nginx gathers answers otherwise, and events would come late.
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }
  return {
    status: 200,
    headers,
    stream: (body) => {
      stream(body)
      if (dashboard?.session === undefined) return
      body.once(
        'close',
        dashboard.sessions.whenOver(dashboard.session, clock, () => body.destroy()),
      )
    },
  }
}

/** @throws ApiRefusal 400 for a query that cannot be */
function checked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ApiRefusal(400, textOf(error))
    throw error
  }
}
