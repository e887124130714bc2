import { type ClusterStore, MemoryHub } from '@ls/cluster'
import { natsProgram, startNats } from './nats.js'

/** An engine with places for nodes, which can be stopped and started. */
export interface Engine {
  store(): ClusterStore
  stop(): Promise<void>
  start(): Promise<void>
  /** Loses its data; while it is stopped. */
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

/** Those that can run here. */
export const engines: readonly (readonly [name: string, start: () => Engine | Promise<Engine>])[] = [
  ['memory', startMemory],
  ...(natsProgram === undefined ? [] : [['NATS', startNats] as const]),
]
