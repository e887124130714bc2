import type { Duplex } from 'node:stream'
import type { Address } from '@ls/codec'
import { connect as connectHttp, HttpProxyError } from '@ls/http-proxy'
import { type ClientVersion, connect as connectSocks, SocksError } from '@ls/socks5'
import { failureWords, RelayError } from '../failure.js'
import { formatTarget } from '../target.js'
import { dial, type DialOptions } from './dial.js'

/** A proxy that our outbound goes through. */
export interface Upstream {
  readonly protocol: 'socks5' | 'socks5h' | 'socks4' | 'socks4a' | 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

/**
 * Reads the URL of an upstream proxy, such as `socks5://user:pass@127.0.0.1:1080`.
 *
 * @throws RangeError naming what is wrong; never the password
 */
export function parseUpstream(text: string): Upstream {
  if (!URL.canParse(text)) throw new RangeError('an upstream proxy must be a URL such as socks5://user:pass@host:1080')
  const url = new URL(text)
  const protocol = url.protocol.slice(0, -1) as Upstream['protocol']
  const defaultPort = defaultPorts[protocol]
  if (defaultPort === undefined) {
    throw new RangeError(`upstream proxies speak ${Object.keys(defaultPorts).join(', ')}; not "${protocol}"`)
  }
  if (url.hostname === '') throw new RangeError(`the upstream proxy ${protocol}:// names no host`)
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  }
}

/** Reaches a target, one way or another. */
export type Dialler = (target: Address, options: DialOptions) => Promise<Duplex>

/** Dials directly, or through each upstream in turn. Made once: HTTP/2 connections to proxies are shared by dialler. */
export function diallerThrough(upstreams: readonly Upstream[]): Dialler {
  if (upstreams.length === 0) return dial
  const reach = upstreams.reduce<Dialler>(via, dial)
  return async (target, { access, ...options }) => {
    if (access === undefined || access.allows(target)) return reach(target, options)
    throw new RelayError({ word: 'forbidden', detail: `${formatTarget(target)} is not among the allowed targets` })
  }
}

function via(reach: Dialler, upstream: Upstream): Dialler {
  const dialProxy = (proxy: Address, { signal }: { signal: AbortSignal }) => reach(proxy, { signal })
  const isHttp = upstream.protocol === 'http' || upstream.protocol === 'https'
  return isHttp ? throughHttp(upstream, dialProxy) : throughSocks(upstream, dialProxy)
}

type DialProxy = (proxy: Address, options: { signal: AbortSignal }) => Promise<Duplex>

function throughHttp({ protocol, host, port, username, password }: Upstream, dial: DialProxy): Dialler {
  const account = username === undefined ? {} : { username, password: password ?? '' }
  const proxy = { host, port, tls: protocol === 'https', ...account }
  return async (target, { signal, timeoutMs }) => {
    const limits = { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    try {
      return await connectHttp({ proxy, target, dial, ...limits })
    } catch (error) {
      throw error instanceof HttpProxyError ? upstreamError(error) : error
    }
  }
}

function throughSocks({ protocol, ...proxy }: Upstream, dial: DialProxy): Dialler {
  const version = socksVersions[protocol]
  return async (target, { signal, timeoutMs }) => {
    try {
      return await connectSocks<Duplex>({ proxy: { ...proxy, version }, target, signal, timeoutMs, dial })
    } catch (error) {
      throw error instanceof SocksError ? upstreamError(error) : error
    }
  }
}

function upstreamError(error: SocksError | HttpProxyError): RelayError {
  const word = failureWords.find((known) => known === error.reply) ?? 'failed'
  return new RelayError({ word, detail: error.message }, { cause: error })
}

const defaultPorts: Record<Upstream['protocol'], number> = {
  socks5: 1080,
  socks5h: 1080,
  socks4: 1080,
  socks4a: 1080,
  http: 80,
  https: 443,
}

const socksVersions: Partial<Record<Upstream['protocol'], ClientVersion>> = { socks4: '4', socks4a: '4a' }
