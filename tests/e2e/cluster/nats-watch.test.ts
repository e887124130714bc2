import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../../stress/cleanup.js'
import { askNats } from './ask-nats.js'
import { natsProgram, startNats } from './nats.js'

/** Time between two entries that the store writes, in milliseconds. */
const beatMs = 200

test.runIf(natsProgram !== undefined)(
  'NatsStore watches anew within 4 s when NATS has lost its watch',
  async () => {
    const nats = await startNats()
    const store = closing(nats.store())
    const told = new Set<string>()
    const entry = (_table: string, key: string): void => void told.add(key)
    await store.open({ entry, synced: () => {}, lost: () => {} })
    await store.put('live', 'before', '1')
    await until(() => told.has('before'), 'the first entry')

    const { consumers } = JSON.parse(await askNats(nats.url, '$JS.API.CONSUMER.NAMES.KV_linksocks_live')) as {
      consumers: string[]
    }
    for (const name of consumers) await askNats(nats.url, `$JS.API.CONSUMER.DELETE.KV_linksocks_live.${name}`)
    await store.put('live', 'after', '1')
    let beats = 0
    const beat = (): void => {
      beats++
      store.put('live', 'beat', '1').catch(() => {})
    }
    const beating = setInterval(beat, beatMs)
    afterTest(() => clearInterval(beating))
    await until(() => told.has('after'), 'the entry behind the loss', { timeoutMs: 15_000 })
    // The store looks at each beat, and a machine that stands still has none.
    expect(beats * beatMs).toBeLessThan(4000)
  },
  60_000,
)
