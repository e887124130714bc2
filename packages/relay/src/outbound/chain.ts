import type { Duplex } from 'node:stream'
import type { Address } from '@ls/codec'
import { type ClientVersion, connect as connectSocks, SocksError } from '@ls/socks5'
import { RelayError } from '../failure.js'
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

/** Reaches `target` directly, or through each upstream in turn. */
export async function dialThrough(
  upstreams: readonly Upstream[],
  target: Address,
  options: DialOptions,
): Promise<Duplex> {
  const last = upstreams.at(-1)
  if (last === undefined) return dial(target, options)
  const before = upstreams.slice(0, -1)
  const { access, ...hop } = options
  if (access !== undefined && !access.allows(target)) {
    throw new RelayError({ word: 'forbidden', detail: `${target.host}:${target.port} is not among the allowed targets` })
  }
  return throughSocks(last, target, hop, (proxy, signal) => dialThrough(before, proxy, { ...hop, signal }))
}

async function throughSocks(
  { protocol, ...proxy }: Upstream,
  target: Address,
  { signal, timeoutMs }: DialOptions,
  dialProxy: (proxy: Address, signal: AbortSignal) => Promise<Duplex>,
): Promise<Duplex> {
  try {
    return await connectSocks<Duplex>({
      proxy: { ...proxy, version: socksVersions[protocol] },
      target,
      signal,
      timeoutMs,
      dial: (address, { signal }) => dialProxy(address, signal),
    })
  } catch (error) {
    throw error instanceof SocksError ? upstreamError(error) : error
  }
}

function upstreamError(error: SocksError): RelayError {
  return new RelayError({ word: 'failed', detail: error.message }, { cause: error })
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
