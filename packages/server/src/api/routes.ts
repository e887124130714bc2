import { type Answer, ApiRefusal, JsonText } from '@ls/observe/http'
import type { ApiHandler } from './api-call.js'
import { closeChannel, showChannels } from './calls/channels.js'
import { endSession, openSession, showSession } from './calls/dashboard-sessions.js'
import { closeLink, showConnections, showEvents, showLinks } from './calls/live.js'
import { showNodes } from './calls/nodes.js'
import { showHealth, showMetrics, showReadiness, showSnapshot } from './calls/numbers.js'
import { showPorts } from './calls/ports.js'
import { reloadConfiguration, restartProgram, setLogLevel, showConfiguration, startDrain } from './calls/program.js'
import { showStatus } from './calls/status.js'
import { makeTicket, removeTicket } from './calls/tickets.js'
import { listTokens, showToken } from './calls/token-list.js'
import { addToken, removeToken } from './calls/tokens.js'

export interface Route {
  /** Path as the OpenAPI document writes it: a name in braces stands for the rest of the path. */
  readonly path: string
  /** Whether the route needs no key: it shows only what is in the documentation. */
  readonly isPublic?: true
  readonly methods: Readonly<Record<string, ApiHandler>>
}

/** All routes under `/api/`. A test compares them with spec/openapi.json. */
export const routes: readonly Route[] = [
  { path: '/api/status', methods: { GET: showStatus } },
  { path: '/api/token', methods: { POST: addToken, DELETE: removeToken } },
  { path: '/api/token/{token}', methods: { GET: showToken, DELETE: removeToken } },
  { path: '/api/ticket', methods: { POST: makeTicket } },
  { path: '/api/ticket/{ticket}', methods: { DELETE: removeTicket } },
  { path: '/api/tokens', methods: { GET: listTokens } },
  { path: '/api/channels', methods: { GET: showChannels } },
  { path: '/api/channels/{id}', methods: { DELETE: closeChannel } },
  { path: '/api/ports', methods: { GET: showPorts } },
  { path: '/api/nodes', methods: { GET: showNodes } },
  { path: '/api/connections', methods: { GET: showConnections } },
  { path: '/api/connections/{id}', methods: { DELETE: closeChannel } },
  { path: '/api/links', methods: { GET: showLinks } },
  { path: '/api/links/{id}', methods: { DELETE: closeLink } },
  { path: '/api/events', methods: { GET: showEvents } },
  { path: '/api/config', methods: { GET: showConfiguration } },
  { path: '/api/reload', methods: { POST: reloadConfiguration } },
  { path: '/api/drain', methods: { POST: startDrain } },
  { path: '/api/restart', methods: { POST: restartProgram } },
  { path: '/api/log-level', methods: { POST: setLogLevel } },
  { path: '/api/snapshot', methods: { GET: showSnapshot } },
  { path: '/api/health', isPublic: true, methods: { GET: showHealth } },
  { path: '/api/readyz', methods: { GET: showReadiness } },
  { path: '/api/metrics', methods: { GET: showMetrics } },
  { path: '/api/session', methods: { GET: showSession, POST: openSession, DELETE: endSession } },
  { path: '/api/openapi.json', isPublic: true, methods: { GET: showDocument } },
]

/** A route, with the part of the path at its name in braces. */
export interface RouteMatch {
  readonly route: Route
  readonly parameter: string
}

/** Finds the route of a path. @throws ApiRefusal 400 for a path with a broken percent-encoding */
export function findRoute(path: string): RouteMatch | undefined {
  for (const route of routes) {
    const brace = route.path.indexOf('{')
    if (brace < 0 && path === route.path) return { route, parameter: '' }
    // The rest may contain slashes, since tokens on deployed servers may.
    if (brace >= 0 && path.startsWith(route.path.slice(0, brace))) {
      return { route, parameter: decodeParameter(path.slice(brace)) }
    }
  }
  return undefined
}

/** Whether a path belongs to the management API. */
export function isApiPath(path: string): boolean {
  return path === '/api' || path.startsWith('/api/')
}

function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ApiRefusal(400, 'the path is not valid: % must be followed by two hex digits that make up UTF-8')
  }
}

/** Loads the document only now: it is 60 KB, which few servers are asked for. */
async function showDocument(): Promise<Answer> {
  const { openApiJson } = await import('./openapi-json.js')
  return { status: 200, body: new JsonText(openApiJson) }
}
