import type { LoadDashboard } from '@ls/observe/http'
import type { WriteMetrics } from '../api/write-metrics.js'
import type { Siblings } from '../siblings/siblings.js'

/** Configuration of a program, as YAML without secrets. */
export interface ShownConfiguration {
  /** Path of the file. */
  readonly path: string
  /** All settings in force. */
  readonly running: string
  /** All settings as the file has them now; null if the file has mistakes. */
  readonly file: string | null
  /** Mistakes in the file, one line each. */
  readonly mistakes: readonly string[]
}

/** The management API of a server: where it is, and what the program adds to it. */
export interface ApiOptions {
  /** Key of the API at the WebSocket port, not empty; callers send it as `X-API-Key`. @default not at that port */
  readonly key?: string | undefined
  /**
   * Path of a UNIX socket with the API for the user that runs the server, without a key. A missing folder is created,
   * for that user alone. @default none
   */
  readonly socket?: string | undefined
  /**
   * Loads the files of the dashboard, for instance `dashboardFiles` of `@ls/dashboard`. The dashboard is then at
   * `/dashboard/`, and `key` signs users in. A server with a `fallback` has none, since its page would show what the
   * fallback hides.
   *
   * @default none
   */
  readonly dashboard?: LoadDashboard | undefined
  /**
   * Writes the server's numbers for `GET /api/metrics`, for instance an `ExpositionWriter` of `@ls/metrics`; with
   * `siblings` it gets those of all processes. @default none, the answer is 404
   */
  readonly writeMetrics?: WriteMetrics | undefined
  /**
   * Other processes of the same server, as those of `linksocks --workers`: the API of each answers for all.
   * @default none
   */
  readonly siblings?: Siblings | undefined
  /**
   * Reads the configuration of the program again, for `POST /api/reload`; resolves with the changes, one line each.
   * @default none: there is no such endpoint
   */
  readonly reload?: (() => Promise<readonly string[]>) | undefined
  /** Shows the configuration of the program, for `GET /api/config`. @default none: there is no such endpoint */
  readonly showConfiguration?: (() => Promise<ShownConfiguration>) | undefined
  /**
   * Requests that the program drains and ends, for `POST /api/drain`. @default the server drains itself, and stays in
   * that state
   */
  readonly requestDrain?: (() => void) | undefined
  /**
   * Starts a new process that takes over, for `POST /api/restart`; resolves with its number afterwards, and rejects if
   * it cannot.
   * @default none: the answer is 409
   */
  readonly requestRestart?: (() => Promise<{ readonly pid: number }>) | undefined
  /**
   * Changes the level of the program's log, or of a part of it, for `POST /api/log-level`; throws a RangeError for an
   * unknown one. @default none: there is no such endpoint
   */
  readonly setLogLevel?: ((level: string, part: string | undefined) => void) | undefined
}
