export { type Answer, ApiRefusal, failure, JsonText, RawBody, send } from './http/answer.js'
export { apiKeyCheck } from './http/api-key.js'
export {
  type DashboardFile,
  DashboardPage,
  type DashboardPageOptions,
  isDashboardPath,
  type LoadDashboard,
  readTimeoutMs,
} from './http/dashboard-page.js'
export { answerEvents, answerQuery, checkQuery, type EventRequest } from './http/live-answers.js'
export { isFromOwnPage } from './http/own-page.js'
export { type DashboardSession, sessionMs, Sessions, type SessionsOptions } from './http/sessions.js'
export {
  metricsAnswer,
  readinessAnswer,
  shownSession,
  WatchApi,
  type WatchApiOptions,
  type WatchedProgram,
} from './http/watch-api.js'
