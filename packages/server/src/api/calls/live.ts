import type { LiveView } from '@ls/observe'
import { type Answer, answerEvents, answerQuery, ApiRefusal } from '@ls/observe/http'
import type { ApiCall } from '../api-call.js'

/** `GET /api/links`: a page of the links. */
export function showLinks({ server, query }: ApiCall): Answer {
  return answerQuery(() => server.live.links(query))
}

/** `GET /api/connections`: a page of the open connections. */
export function showConnections({ server, query }: ApiCall): Answer {
  return answerQuery(() => server.live.connections(query))
}

/** `DELETE /api/links/{id}`: ends a link with its connections. The client may reconnect. */
export function closeLink({ server, parameter: id, logger }: ApiCall): Answer {
  if (!server.closeLink(id)) throw new ApiRefusal(404, 'link does not exist')
  logger.info({ link: id }, 'management API: a link was closed')
  return { status: 200, body: { success: true, id } }
}

/** `GET /api/events`: streams events as they happen. */
export function showEvents(call: ApiCall): Answer {
  return streamEvents(call.server.live, call)
}

/** Streams the events of a view, at most until the session of the user has ended. */
export function streamEvents(live: LiveView, { query, lastEventId, dashboard, clock }: ApiCall): Answer {
  return answerEvents(live, {
    query,
    lastEventId,
    onStream: (body) => {
      if (dashboard?.session === undefined) return
      body.once(
        'close',
        dashboard.sessions.whenOver(dashboard.session, clock, () => body.destroy()),
      )
    },
  })
}
