import type { Extension } from '@ls/codec'
import { nodeCompressor } from '@ls/codec/node'
import { type Channel, Session, type SessionOptions } from '@ls/mux'
import { memoryTransportPair } from '@ls/testkit'
import { afterTest } from './cleanup.js'

export interface SessionPair {
  /** The side that opens channels. */
  readonly near: Session
  /** The side that receives requests for channels. */
  readonly far: Session
}

const extended: readonly Extension[] = ['window', 'fin']

/** Two linked sessions; `onConnect` receives the channels that `near` opens. */
export function sessionPair(onConnect: (channel: Channel) => void, options: SessionOptions = {}): SessionPair {
  const both = { extensions: extended, compressor: nodeCompressor, ...options }
  const near = new Session(both, { onConnect: (channel) => channel.reject('forbidden: no'), onClose: () => {} })
  const far = new Session(both, { onConnect, onClose: () => {} })
  const [left, right] = memoryTransportPair()
  near.attach(left)
  far.attach(right)
  afterTest(() => {
    near.close('the test is over')
    far.close('the test is over')
  })
  return { near, far }
}
