import type { AgentOptions } from 'node:http'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { type Agents, agentsOver, type OpenConnection, type UndiciConnect, undiciConnectOver } from '@ls/dial'
import { connect, type Proxy } from './connect.js'

/** Proxy and limits of agents. */
export interface SocksAgentOptions {
  /** The proxy. Names go to it unresolved, except that version 4 refuses them. */
  readonly proxy: Proxy
  /** Time for reaching the proxy and the target together, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  /** How connections are kept and reused, as for Node's own agents. @default { keepAlive: true } */
  readonly agent?: AgentOptions | undefined
}

/**
 * Makes agents for Node's `http` and `https`.
 *
 * @example
 * const agents = createAgents({ proxy: { host: '127.0.0.1', port: 1080 } })
 * https.get('https://example.com/', { agent: agents.https }, (response) => response.pipe(process.stdout))
 */
export function createAgents(options: SocksAgentOptions): Agents {
  return agentsOver(openThrough(options), options.agent)
}

/**
 * Makes the `connect` option of undici's `Agent`, `Client` and `Pool`.
 *
 * @param tls Further options for servers that are reached by `https`.
 * @example
 * const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: { host: '127.0.0.1', port: 1080 } }) })
 * await fetch('https://example.com/', { dispatcher })
 */
export function createUndiciConnect(options: SocksAgentOptions, tls?: TlsOptions): UndiciConnect {
  return undiciConnectOver(openThrough(options), tls)
}

function openThrough({ proxy, timeoutMs }: SocksAgentOptions): OpenConnection {
  return (target) => connect({ proxy, target, timeoutMs })
}
