import { AllowedOrigins } from '@ls/transport'
import { dashboardOf } from '../dashboard/dashboard.js'
import type { AuthThrottle } from '../links/auth-throttle.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { SharedEvents } from '../siblings/shared-events.js'
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
  readonly #paths: readonly string[]
  readonly #sockets: ApiSocket[] = []
  readonly #sharedEvents: SharedEvents | undefined

  constructor({ server, options, throttle, onWrongKey }: ServerApiOptions) {
    const {
      apiKey,
      apiSocket,
      siblings,
      clock,
      logger,
      allowOrigins: origins,
      writeMetrics,
      setLogLevel,
      requestRestart,
    } = options
    this.#paths = [apiSocket, siblings?.ownPath].filter((path) => path !== undefined)
    if (apiKey === undefined && this.#paths.length === 0) return
    const allowOrigins = new AllowedOrigins(origins)
    const dashboard = dashboardOf(options)
    this.#sharedEvents = siblings && new SharedEvents({ siblings, server, clock })
    const parts = {
      server,
      writeMetrics,
      setLogLevel,
      requestRestart,
      dashboard,
      siblings,
      sharedEvents: this.#sharedEvents,
      throttle,
      allowOrigins,
      onWrongKey,
      clock,
      logger,
    }
    this.#api = new ManagementApi({ ...parts, apiKey })
    this.atPort = apiKey === undefined ? undefined : this.#api
  }

  /** Opens the UNIX sockets that are configured and not open yet. @throws ListenError */
  async open(): Promise<void> {
    const api = this.#api
    if (api === undefined) return
    for (const path of this.#paths.slice(this.#sockets.length)) this.#sockets.push(await ApiSocket.open(path, api))
  }

  /** Waits for answers under way. */
  async answered(): Promise<void> {
    if (this.#api?.underWay.isEmpty === false) await this.#api.underWay.sent()
  }

  /** Closes the sockets once answers under way are sent. */
  async close(): Promise<void> {
    this.#sharedEvents?.close()
    for (const socket of this.#sockets) socket.stopAccepting()
    await this.answered()
    await Promise.all(this.#sockets.map((socket) => socket.close()))
  }
}
