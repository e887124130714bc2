import { DashboardPage, Sessions } from '@ls/observe/http'
import type { ResolvedServerOptions } from '../options.js'

/** The page, and who signed in there. */
export interface Dashboard {
  readonly page: DashboardPage
  readonly sessions: Sessions
}

/** The dashboard of a server; it needs the key to sign in, and would show what a fallback hides. */
export function dashboardOf(options: ResolvedServerOptions): Dashboard | undefined {
  const { apiKey, dashboard: load, fallback, clock, logger } = options
  if (load === undefined || apiKey === undefined || fallback !== undefined) return undefined
  return { page: new DashboardPage({ load, clock, logger }), sessions: new Sessions({ apiKey }) }
}
