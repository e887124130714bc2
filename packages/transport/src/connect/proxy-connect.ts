import { request } from 'node:http'
import { unescape } from 'node:querystring'
import type { Duplex } from 'node:stream'
import { asError, formatHostPort } from '@ls/foundation'
import { TransportError } from '../errors.js'
import type { Attempt } from './attempt.js'
import { guard } from './dial.js'
import { startTls, type ClientTlsOptions } from './tls.js'
import { hostOf, portOf, printable } from './url.js'

const causes: Readonly<Record<number, string>> = {
  403: 'it does not allow this target',
  407: 'it requires a user name and password: put them into the proxy variable as http://user:password@host:port',
  502: 'it cannot reach the target',
  503: 'it cannot reach the target',
  504: 'the target does not answer it',
}

/** Target and dial function of a connection through a proxy. */
export interface ProxyConnectOptions {
  readonly host: string
  readonly port: number
  readonly tls: ClientTlsOptions
  readonly attempt: Attempt
  /** Connects to the proxy. */
  readonly dial: (host: string, port: number) => Promise<Duplex>
}

/** Opens a connection to `host:port` through an HTTP proxy's CONNECT (RFC 9110 §9.3.6). */
export async function connectThroughProxy(proxy: URL, options: ProxyConnectOptions): Promise<Duplex> {
  const { host, port, attempt } = options
  const stream = await reachProxy(proxy, options)
  return tunnel(stream, proxy, formatHostPort(host, port), attempt).catch((error: unknown) => {
    stream.destroy()
    throw error
  })
}

async function reachProxy(proxy: URL, { tls, attempt, dial }: ProxyConnectOptions): Promise<Duplex> {
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    const cure = 'use an http:// or https:// proxy, the dial option, or switch the proxy environment off'
    throw new TransportError('ERR_TRANSPORT_PROXY', `the environment names a ${proxy.protocol}// proxy: ${cure}`)
  }
  const host = hostOf(proxy)
  const port = portOf(proxy)
  const socket = await dial(host, port).catch((error: unknown) => {
    throw proxyError(proxy, asError(error).message, { cause: error })
  })
  if (proxy.protocol === 'http:') return socket
  // Data that identifies the server or us is not sent to the proxy.
  const { ca, rejectUnauthorized } = tls
  return startTls(socket, host, port, definedOnly({ ca, rejectUnauthorized }), attempt)
}

function tunnel(stream: Duplex, proxy: URL, target: string, attempt: Attempt): Promise<Duplex> {
  return attempt.step(`waiting for the proxy ${proxy.host} to reach ${target}`, (resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      path: target,
      headers: { Host: target, ...credentialsOf(proxy) },
      createConnection: () => stream,
    })
    connect.once('connect', (response, _stream, head: Buffer) => {
      const { statusCode: status = 0, statusMessage = '' } = response
      if (status < 200 || status > 299) {
        const why = causes[status] ?? 'no tunnel'
        return reject(proxyError(proxy, `it answered ${status} ${printable(statusMessage, 80)}: ${why}`, { status }))
      }
      if (head.length > 0) stream.unshift(head)
      resolve(stream)
    })
    connect.once('error', (cause) => reject(proxyError(proxy, cause.message, { cause })))
    guard(stream)
    connect.end()
    return () => stream.destroy()
  })
}

function credentialsOf(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {}
  const pair = `${unescape(proxy.username)}:${unescape(proxy.password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

function proxyError(
  proxy: URL,
  why: string,
  options: { cause?: unknown; status?: number | undefined },
): TransportError {
  return new TransportError('ERR_TRANSPORT_PROXY', `the proxy ${proxy.host} (from the environment): ${why}`, options)
}

function definedOnly(tls: { [Name in keyof ClientTlsOptions]?: ClientTlsOptions[Name] }): ClientTlsOptions {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
}
