import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { BrokerPort, ToBroker } from './broker-messages.js'
import { Broker } from './broker.js'
import { MemoryHub } from './memory-hub.js'

/** The broker's end of a connection to a process, and the means of that process. */
function connectTo(broker: Broker) {
  let receive: (message: unknown) => void = () => {}
  const answers: object[] = []
  const port: BrokerPort = {
    send: (message) => void answers.push(message),
    onMessage: (receiver) => void (receive = receiver),
  }
  const end = broker.serve(port)
  return { answers, end, send: (message: ToBroker) => receive(message) }
}

test('Broker removes what a process has said of itself when it has ended, and keeps its tokens', async () => {
  const hub = new MemoryHub()
  const broker = new Broker(hub)
  const [ends, stays] = [connectTo(broker), connectTo(broker)]
  ends.send({ store: 'put', id: 1, table: 'live', key: 'node.a', value: '1' })
  ends.send({ store: 'put', id: 2, table: 'tokens', key: 't', value: '2' })
  await until(() => ends.answers.length === 2, 'both answers')
  ends.end()
  stays.send({ store: 'open', id: 3 })
  await until(() => stays.answers.some((answer) => 'store' in answer && answer.store === 'synced'), 'all entries')
  const kept = stays.answers.filter((answer) => 'entry' in answer && answer.entry !== undefined)
  expect(kept).toMatchObject([{ table: 'tokens', key: 't', entry: { value: '2' } }])
})
