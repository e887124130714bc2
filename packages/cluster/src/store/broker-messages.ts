import type { StoreEntry, Table } from './cluster-store.js'

/**
 * A connection for messages between two processes of one program, such as the channel of a child process. Messages
 * are plain objects and arrive in order.
 */
export interface BrokerPort {
  /** Sends a message, unless the other process has ended. */
  send(message: object): void
  /** Sets the receiver of messages. Others than those of the broker may come as well. */
  onMessage(receive: (message: unknown) => void): void
}

/** Message of a node to the broker. */
export type ToBroker =
  | { readonly store: 'open'; readonly id: number }
  | { readonly store: 'close'; readonly id: number }
  | {
      readonly store: 'put'
      readonly id: number
      readonly table: Table
      readonly key: string
      readonly value: string
      /** Revision to replace (compare and set); without it any entry is replaced. */
      readonly revision?: number
    }
  | {
      readonly store: 'delete'
      readonly id: number
      readonly table: Table
      readonly key: string
      /** Only at this revision, where it is given. */
      readonly revision?: number | undefined
    }

/** Message of the broker to a node. */
export type FromBroker =
  | {
      readonly store: 'done'
      /** Id of the request. */
      readonly id: number
      readonly revision?: number | undefined
      /** Text of an error, for a request that failed. */
      readonly error?: string
    }
  | {
      readonly store: 'entry'
      readonly table: Table
      readonly key: string
      /** Missing for an entry that was removed. */
      readonly entry?: StoreEntry | undefined
    }
  | { readonly store: 'synced' | 'lost' }

/** Whether a message is one of the broker's: its port may carry others. */
export function isOfBroker(message: unknown): message is { readonly store: string } {
  return typeof message === 'object' && message !== null && 'store' in message
}
