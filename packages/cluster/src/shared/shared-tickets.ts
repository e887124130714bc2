import type { KeptTickets } from '@ls/server'
import type { ClusterStore } from '../store/cluster-store.js'

/** Start of the keys of tickets in the table `live`. */
export const ticketPrefix = 'ticket'

/** Tickets in the store, for processes that start later. Their number is limited by the servers, which drop them. */
export class SharedTickets implements KeptTickets {
  readonly #store: Pick<ClusterStore, 'put' | 'delete'>

  constructor(store: Pick<ClusterStore, 'put' | 'delete'>) {
    this.#store = store
  }

  async keep(key: string, text: string): Promise<void> {
    await this.#store.put('live', `${ticketPrefix}.${key}`, text)
  }

  drop(key: string): void {
    this.#store.delete('live', `${ticketPrefix}.${key}`).catch(() => {})
  }
}
