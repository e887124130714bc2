import { type Answer, ApiRefusal, shownSession } from '@ls/observe/http'
import type { ApiCall } from '../api-call.js'

/** `POST /api/session`: sets a cookie for a caller that has sent the key. */
export function openSession(call: ApiCall): Answer {
  const { sessions, overTls } = dashboardOf(call)
  const { cookie, expiresAtMs } = sessions.open({ overTls })
  call.logger.info({}, 'dashboard: a user signed in')
  return { ...shownSession(expiresAtMs), headers: { 'set-cookie': cookie } }
}

/** `GET /api/session`: whether there is a session, and when it ends. */
export function showSession(call: ApiCall): Answer {
  const { session } = dashboardOf(call)
  if (session === undefined) throw new ApiRefusal(404, 'there is no session: the key came with the request')
  return shownSession(session.expiresAtMs)
}

/** `DELETE /api/session`: ends the session. */
export function endSession(call: ApiCall): Answer {
  const { sessions, session, overTls } = dashboardOf(call)
  if (session === undefined) throw new ApiRefusal(404, 'there is no session: the key came with the request')
  return { status: 200, body: { success: true }, headers: { 'set-cookie': sessions.end(session, { overTls }) } }
}

function dashboardOf({ dashboard }: ApiCall): NonNullable<ApiCall['dashboard']> {
  if (dashboard === undefined) throw new ApiRefusal(404, 'this server has no dashboard')
  return dashboard
}
