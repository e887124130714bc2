import { DashboardPage, Sessions } from '@ls/observe/http'
import type { ResolvedServerOptions } from '../options/resolve-options.js'

/** The dashboard page and the sessions of its users. */
export interface Dashboard {
  readonly page: DashboardPage
  readonly sessions: Sessions
}

/**
 * The dashboard of a server; undefined without an API key, which signs users in, and with a fallback, whose purpose it
 * would defeat.
 */
export function dashboardOf(options: ResolvedServerOptions): Dashboard | undefined {
  const { apiKey, dashboard: load, fallback, clock, logger } = options
  if (load === undefined || apiKey === undefined || fallback !== undefined) return undefined
  return { page: new DashboardPage({ load, clock, logger }), sessions: new Sessions({ apiKey }) }
}
