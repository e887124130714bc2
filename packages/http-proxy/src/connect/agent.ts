import type { AgentOptions } from 'node:http'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { type Agents, agentsOver, type OpenConnection, type UndiciConnect, undiciConnectOver } from '@ls/dial'
import { connect, type ConnectOptions } from './connect.js'

/** Proxy and limits of agents. */
export interface HttpProxyAgentOptions extends Pick<ConnectOptions, 'proxy' | 'headers' | 'sessions' | 'timeoutMs'> {
  /** How connections are kept and reused, as for Node's own agents. @default { keepAlive: true } */
  readonly agent?: AgentOptions | undefined
}

/**
 * Makes agents for Node's `http` and `https`. Both open a CONNECT tunnel for each connection, so the proxy cannot read
 * requests. A proxy that allows CONNECT only to port 443 works with `agents.https` only.
 *
 * @throws {TypeError | RangeError} for an invalid proxy, when a request opens a connection
 * @example const agents = createAgents({ proxy: 'http://ann:secret@proxy.example:3128' })
 * https.get('https://example.com/', { agent: agents.https }, (response) => response.pipe(process.stdout))
 */
export function createAgents(options: HttpProxyAgentOptions): Agents {
  return agentsOver(openThrough(options), options.agent)
}

/**
 * Makes the `connect` option of undici's `Agent`, `Client` and `Pool`.
 *
 * @param tls Further options for servers that are reached by `https`.
 * @example
 * const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: 'http://proxy.example:3128' }) })
 * await fetch('https://example.com/', { dispatcher })
 */
export function createUndiciConnect(options: HttpProxyAgentOptions, tls?: TlsOptions): UndiciConnect {
  return undiciConnectOver(openThrough(options), tls)
}

function openThrough({ proxy, headers, sessions, timeoutMs }: HttpProxyAgentOptions): OpenConnection {
  return (target) => connect({ proxy, target, headers, sessions, timeoutMs })
}
