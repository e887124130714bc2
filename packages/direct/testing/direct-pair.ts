import { type Clock, silentLogger, systemClock } from '@ls/foundation'
import { type Channel, type ChannelHandler, loopbackPair, Session } from '@ls/mux'
import { toDuplex } from '@ls/mux/duplex'
import { onTestFinished } from 'vitest'
import { DirectConnector, type DirectConnectorOptions } from '../src/direct-connector.js'
import { DirectProvider, type DirectProviderOptions } from '../src/direct-provider.js'
import { FakeNetwork } from './fake-puncher.js'

/** A connector and a provider with a relay in between that forwards all channels, in one process. */
export interface DirectPair {
  readonly network: FakeNetwork
  readonly connector: DirectConnector
  readonly provider: DirectProvider
  /** Paths that the connector's channels took, with the reasons. */
  readonly paths: string[]
  readonly failures: string[]
  /** Tunnels through the relay so far. */
  readonly tunnels: Channel[]
}

interface PairOptions {
  readonly clock?: Clock
  readonly connector?: Partial<DirectConnectorOptions>
  readonly provider?: Partial<DirectProviderOptions>
}

export function directPair({ clock = systemClock, connector: ours, provider: theirs }: PairOptions = {}): DirectPair {
  const network = new FakeNetwork()
  const paths: string[] = []
  const failures: string[] = []
  const tunnels: Channel[] = []
  const provider = new DirectProvider({
    clock,
    logger: silentLogger,
    session: { clock },
    puncher: network.provider,
    tokens: () => ['other', 'token'],
    allowRelay: true,
    sessionHandler: { onConnect: (channel) => channel.accept(echo(channel)) },
    onPath: () => {},
    ...theirs,
  })
  const relay = relayTo((channel) => {
    tunnels.push(channel)
    provider.serve(channel)
  })
  const connector = new DirectConnector({
    clock,
    token: 'token',
    session: { clock },
    puncher: network.connector,
    openTunnel: () => Promise.resolve(toDuplex(relay.open(tunnelRequest))),
    allowRelay: true,
    sessionHandler: {},
    onPath: (path, reason) => paths.push(`${path}: ${reason}`),
    onFailed: (error) => failures.push(error.message),
    ...ours,
  })
  onTestFinished(() => {
    connector.close('the test is over')
    provider.close('the test is over')
    relay.close('the test is over')
  })
  return { network, connector, provider, paths, failures, tunnels }
}

/** Request for a channel to negotiate in. */
export const tunnelRequest = { protocol: 'tcp', address: { host: 'direct.linksocks.invalid', port: 1 } } as const

/** Session whose channels reach the handler, as through a relay. */
export function relayTo(onConnect: (channel: Channel) => void): Session {
  const extensions = ['window', 'fin', 'resume'] as const
  const near = new Session({ extensions })
  const far = new Session({ extensions }, { onConnect })
  const [left, right] = loopbackPair()
  far.attach(right)
  near.attach(left)
  return near
}

function echo(channel: Channel): ChannelHandler {
  return {
    onData: (payload) => {
      channel.send(payload)
      channel.consumed(payload.length)
    },
    onEnd: () => channel.end(),
  }
}
