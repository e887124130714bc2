import { type Dial, type DnsOptions, type NameResolver, resolversFor } from '@ls/dial'
import { formatHostPort, type Logger } from '@ls/foundation'
import { diallerThrough, parseUpstream, type Upstream } from '@ls/relay'
import { connectByteStream, type ConnectOptions, environmentProxy, environmentWarnings } from '@ls/transport'

/** Options of {@link makeServerDial}: how a client reaches its server. */
export interface ServerDialOptions {
  /** Proxies through which to reach the server, each through the one before. @default none */
  readonly serverProxies?: readonly string[] | undefined
  /** Whether to use the proxies of the environment. @default true */
  readonly proxyFromEnvironment?: boolean | undefined
  /** How the names of the server and of proxies are resolved. @default as the system does */
  readonly dns?: DnsOptions | undefined
  /** A `dial` function, and the environment that names proxies. @default none, and that of the process */
  readonly transport?: Pick<Partial<ConnectOptions>, 'dial' | 'environment'> | undefined
}

/** Chooses how to reach the server, for each attempt; undefined if the transport dials itself. */
export type ServerDial = (url: URL) => Dial | undefined

/**
 * Returns how to reach the server: through the given proxies, otherwise through the SOCKS proxy of the environment. The
 * transport handles HTTP proxies of the environment.
 *
 * @throws RangeError for an invalid proxy, TypeError if the transport options have a `dial` too
 */
export function makeServerDial(options: ServerDialOptions): ServerDial {
  const { serverProxies = [], proxyFromEnvironment = true, transport = {} } = options
  const resolver = resolversFor(options.dns).servers
  if (transport.dial !== undefined) {
    if (serverProxies.length > 0) throw new TypeError('`serverProxies` and `transport.dial` exclude each other')
    return () => transport.dial
  }
  if (serverProxies.length > 0) {
    const dial = toDial(serverProxies.map(parseUpstream), resolver)
    return () => dial
  }
  if (!proxyFromEnvironment) return () => undefined
  return (url) => {
    // A UNIX socket is on this machine, so no proxy of the environment applies.
    const proxy = url.protocol === 'ws+unix:' ? undefined : environmentProxy(url, transport.environment)
    return speaksSocks(proxy) ? environmentDial(url, transport, resolver) : undefined
  }
}

/** Checks the environment for each URL, since a redirect may lead to an exempt one (`no_proxy`). */
function environmentDial(
  url: URL,
  { environment }: NonNullable<ServerDialOptions['transport']>,
  resolver: NameResolver,
): Dial {
  return (target, request) => {
    const { host, port } = target
    const place = new URL(url)
    place.host = formatHostPort(host, port)
    const proxy = environmentProxy(place, environment)
    return toDial(proxy === undefined ? [] : [parseUpstream(proxy.href)], resolver)(target, request)
  }
}

function toDial(proxies: readonly Upstream[], resolver: NameResolver): Dial {
  const reach = diallerThrough(proxies, { dialWebSocket: connectByteStream, proxyResolver: resolver })
  return (target, { signal }) => reach(target, { signal, resolver })
}

function speaksSocks(proxy: URL | undefined): boolean {
  return proxy !== undefined && !/^https?:$/.test(proxy.protocol)
}

/** Warns of entries of `no_proxy` that would be misread: traffic would go where the user wants none. */
export function warnOfEnvironment(options: ServerDialOptions & { readonly logger: Logger }): void {
  const { proxyFromEnvironment = true, serverProxies = [], transport = {}, logger } = options
  if (!proxyFromEnvironment || serverProxies.length > 0) return
  for (const warning of environmentWarnings(transport.environment)) logger.warn({}, warning)
}

/** Host of the server in a URL, for the log. */
export function hostOf(url: string): string {
  return (
    url
      .trim()
      .replace(/^\w+:\/\//, '')
      .split(/[/?#]/, 1)[0]
      ?.split('@')
      .pop() ?? ''
  )
}
