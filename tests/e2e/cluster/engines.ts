import { Broker, BrokerStore, type BrokerPort, type ClusterStore, MemoryHub } from '@ls/cluster'
import { natsProgram, startNats } from './nats.js'

/** A store with places for nodes, which can be stopped and started. */
export interface Engine {
  store(): ClusterStore
  stop(): Promise<void>
  start(): Promise<void>
  /** Removes its data; only while it is stopped. */
  forget(): void
}

function startMemory(): Engine {
  const hub = new MemoryHub()
  return {
    store: () => hub.store(),
    stop: async () => hub.setUp(false),
    start: async () => hub.setUp(true),
    forget: () => hub.forget(),
  }
}

/** A broker whose nodes are behind ports, as other processes are: each message is copied, and arrives later. */
function startBroker(): Engine {
  const hub = new MemoryHub()
  const broker = new Broker(hub)
  const store = (): ClusterStore => {
    const [near, far] = portPair()
    broker.serve(far)
    return new BrokerStore(near)
  }
  return {
    store,
    stop: async () => hub.setUp(false),
    start: async () => hub.setUp(true),
    forget: () => hub.forget(),
  }
}

function portPair(): [BrokerPort, BrokerPort] {
  const receivers: ((message: unknown) => void)[][] = [[], []]
  const end = (own: number): BrokerPort => ({
    send: (message) => {
      const text = JSON.stringify(message)
      setImmediate(() => receivers[1 - own]?.forEach((receive) => receive(JSON.parse(text))))
    },
    onMessage: (receive) => void receivers[own]?.push(receive),
  })
  return [end(0), end(1)]
}

/** The stores that can run on this machine. */
export const engines: readonly (readonly [name: string, start: () => Engine | Promise<Engine>])[] = [
  ['memory', startMemory],
  ['broker', startBroker],
  ...(natsProgram === undefined ? [] : [['NATS', startNats] as const]),
]
