import { AllowedOrigins } from '@ls/transport'
import { dashboardOf } from '../dashboard/dashboard.js'
import type { AuthThrottle } from '../links/auth-throttle.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { ManagedServer } from './api-call.js'
import { ApiSocket } from './api-socket.js'
import { ManagementApi } from './management-api.js'

export interface ServerApiOptions {
  readonly server: ManagedServer
  readonly options: ResolvedServerOptions
  readonly throttle: AuthThrottle
  /** Called when an address has sent a wrong key. */
  onWrongKey(remoteAddress: string): void
}

/** The management API of a server, at the WebSocket port and on a UNIX socket. */
export class ServerApi {
  /** The API for requests at the WebSocket port; undefined without a key. */
  readonly atPort: ManagementApi | undefined
  readonly #api: ManagementApi | undefined
  readonly #path: string | undefined
  #socket: ApiSocket | undefined

  constructor({ server, options, throttle, onWrongKey }: ServerApiOptions) {
    const {
      apiKey,
      apiSocket,
      clock,
      logger,
      allowOrigins: origins,
      writeMetrics,
      setLogLevel,
      requestRestart,
    } = options
    this.#path = apiSocket
    if (apiKey === undefined && apiSocket === undefined) return
    const allowOrigins = new AllowedOrigins(origins)
    const dashboard = dashboardOf(options)
    const parts = {
      server,
      writeMetrics,
      setLogLevel,
      requestRestart,
      dashboard,
      throttle,
      allowOrigins,
      onWrongKey,
      clock,
      logger,
    }
    this.#api = new ManagementApi({ ...parts, apiKey })
    this.atPort = apiKey === undefined ? undefined : this.#api
  }

  /** Opens the UNIX socket if one is configured and it is not open yet. @throws ListenError */
  async open(): Promise<void> {
    this.#socket ??= await ApiSocket.openAt(this.#path, this.#api)
  }

  async close(): Promise<void> {
    await this.#socket?.close()
  }
}
