import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { carryResets, type Dial, discardStream } from '@ls/dial'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import type { ResolvedProxyAddress } from './proxy-address.js'

/** A connection to a proxy, with its protocol. */
export interface ProxyStream {
  readonly stream: Duplex
  readonly protocol: 'http/1.1' | 'h2'
}

/**
 * Opens a connection to a proxy, with TLS if its address requires it.
 *
 * @param alpn What to offer in TLS (RFC 7301).
 * @throws {HttpProxyError} ERR_HTTP_PROXY_UNREACHABLE, with the underlying error as `cause`.
 */
export async function openProxy(
  proxy: ResolvedProxyAddress,
  dial: Dial,
  alpn: readonly string[],
  signal: AbortSignal,
): Promise<ProxyStream> {
  try {
    const stream = await dial({ host: proxy.host, port: proxy.port }, { signal })
    if (proxy.tls === undefined) return { stream, protocol: 'http/1.1' }
    const secure = await startTls(stream, proxy, alpn, signal)
    return { stream: secure, protocol: secure.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' }
  } catch (cause) {
    if (signal.aborted) throw cause
    const text = `cannot reach the proxy ${formatAuthority(proxy)}: ${(cause as Error).message}`
    throw new HttpProxyError('ERR_HTTP_PROXY_UNREACHABLE', text, { cause, reply: 'failed' })
  }
}

function startTls(
  stream: Duplex,
  { host, tls }: ResolvedProxyAddress,
  alpn: readonly string[],
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const secure = connectTls({ ...name, ALPNProtocols: [...alpn], ...tls, host, socket: stream })
    carryResets(secure, stream)
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      secure.off('error', fail).off('close', onClose)
    }
    const fail = (error: Error): void => {
      settle()
      // Later errors of a failed handshake are of no interest.
      secure.on('error', () => {})
      stream.on('error', () => {})
      discardStream(secure)
      discardStream(stream)
      reject(error)
    }
    const abort = (): void => fail(signal.reason as Error)
    const onClose = (): void => fail(new Error('the connection closed during the TLS handshake'))
    secure.once('error', fail).once('close', onClose)
    secure.once('secureConnect', () => {
      settle()
      resolve(secure)
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
