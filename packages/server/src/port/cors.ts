import type { IncomingHttpHeaders } from 'node:http'
import type { AllowedOrigins } from '@ls/transport'
import type { Route } from '../api/routes.js'

/** Data that decides which pages may read the answers of a route. */
export interface CorsRequest {
  readonly headers: IncomingHttpHeaders
  readonly route: Route | undefined
  readonly allowOrigins: AllowedOrigins
}

/**
 * Headers that let a browser give an answer to a page of another origin (Fetch §3.2.3): pages that `--allow-origin`
 * names may read all routes, and any page the public ones.
 */
export function corsHeaders({ headers, route, allowOrigins }: CorsRequest): Record<string, string> {
  const { origin } = headers
  if (origin === undefined) return {}
  if (route?.isPublic === true) return { 'access-control-allow-origin': '*' }
  return allowOrigins.has(origin) ? { 'access-control-allow-origin': origin, vary: 'origin' } : {}
}

/** Further headers for a preflight request; undefined if the request is none. */
export function preflightHeaders(request: CorsRequest, methods: string): Record<string, string> | undefined {
  if (request.headers['access-control-request-method'] === undefined) return undefined
  if (corsHeaders(request)['access-control-allow-origin'] === undefined) return undefined
  return {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': 'x-api-key, content-type, last-event-id',
    'access-control-max-age': '600',
  }
}
