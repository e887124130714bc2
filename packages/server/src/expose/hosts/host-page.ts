import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { encodeProxyHeader, openStream, plainAddress } from '@ls/relay'
import { ReverseProxy } from '../../fallback/reverse-proxy.js'
import type { HostMember } from './host-table.js'

/** Provider behind a host name for HTTP. */
export interface HostPage extends HostMember {
  readonly proxy: ReverseProxy
}

/**
 * Creates the HTTP handler of a provider. Each request has its own channel, so that no visitor gets the answer of
 * another.
 */
export function makeHostPage(member: HostMember, host: string, onFailure: (error: unknown) => void): HostPage {
  const open = async (visitor: Socket): Promise<Duplex> => {
    try {
      return await openFor(member, visitor)
    } catch (error) {
      onFailure(error)
      throw error
    }
  }
  return { ...member, proxy: new ReverseProxy(new URL(`http://${host}`), { open }) }
}

async function openFor({ exposure, source, slots }: HostMember, visitor: Socket): Promise<Duplex> {
  const release = slots.take()
  const gone = new AbortController()
  const onGone = (): void => gone.abort()
  // One listener for each request in progress, of which a connection has one at a time.
  visitor.once('close', onGone)
  try {
    const stream = await openStream(source, exposure.target, gone.signal)
    stream.once('close', release)
    const { proxyHeader } = exposure
    if (proxyHeader !== undefined) stream.write(encodeProxyHeader(proxyHeader, remoteEnd(visitor), localEnd(visitor)))
    return stream
  } catch (error) {
    release()
    throw error
  } finally {
    visitor.off('close', onGone)
  }
}

function remoteEnd({ remoteAddress, remotePort = 0 }: Socket) {
  return remoteAddress === undefined ? undefined : { host: plainAddress(remoteAddress), port: remotePort }
}

function localEnd({ localAddress, localPort = 0 }: Socket) {
  return localAddress === undefined ? undefined : { host: plainAddress(localAddress), port: localPort }
}
