import { afterEach, beforeEach, describe } from 'vitest'
import { describeDelivery } from './contract/delivery-rules.js'
import { describeEnds } from './contract/end-rules.js'
import { describeFlow } from './contract/flow-rules.js'
import { TransportEnds, type TransportPair } from './contract/transport-ends.js'

/**
 * The rules of `MessageTransport` (see its declaration in `@ls/mux`) as a test suite that every implementation runs.
 *
 * @example
 * ```ts
 * describeMessageTransport('memory transport', async () => {
 *   const [left, right] = memoryTransportPair()
 *   return { left, right }
 * })
 * ```
 */
export function describeMessageTransport(name: string, createPair: () => Promise<TransportPair>): void {
  describe(`${name} keeps the contract of MessageTransport`, () => {
    const ends = new TransportEnds()
    beforeEach(async () => ends.use(await createPair()))
    afterEach(() => ends.dispose())
    describeDelivery(ends)
    describeFlow(ends)
    describeEnds(ends)
  })
}
