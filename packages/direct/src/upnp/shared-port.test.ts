import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { silentLogger } from '@ls/foundation'
import { FakeClock, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { fakeGateway } from '../../testing/fake-gateway.js'
import { loadNativePuncher } from '../udp/native-puncher.js'
import { PortMapper } from './port-mapper.js'
import { SharedPort } from './shared-port.js'

async function routed() {
  const gateway = await fakeGateway()
  const { searchAt } = gateway
  const clock = new FakeClock()
  const mapper = new PortMapper({ clock, logger: silentLogger, searchAt, ownAddresses: ['127.0.0.1'] })
  onTestFinished(() => mapper.close())
  return { gateway, mapper, clock }
}

test('SharedPort has the router pass its port on', async () => {
  const { gateway, mapper } = await routed()
  const { port, mapping } = await new SharedPort(mapper).current
  await mapping?.outside(1000)
  expect([...gateway.mappings.keys()]).toEqual([port])
})

test('SharedPort.replace maps another port in place of the one that is taken', async () => {
  const { gateway, mapper } = await routed()
  const shared = new SharedPort(mapper)
  const first = await shared.current
  await first.mapping?.outside(1000)
  shared.replace(first)
  const second = await shared.current
  await second.mapping?.outside(1000)
  await until(() => !gateway.mappings.has(first.port), 'the end of the first mapping')
  expect([...gateway.mappings.keys()]).toEqual([second.port])
})

/** A port that cannot be mapped at the first attempt. */
function failingOnce() {
  let attempts = 0
  const map = (): undefined => {
    if (attempts++ === 0) throw new Error('too many open files')
  }
  return { shared: new SharedPort({ map } as unknown as PortMapper), attempts: () => attempts }
}

test('SharedPort may fail before a caller waits for it', async () => {
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  const { attempts } = failingOnce()
  await until(() => attempts() > 0, 'the failure')
  await setImmediate()
  expect(unhandled).toEqual([])
})

test('SharedPort chooses a port again after a failure', async () => {
  const { shared } = failingOnce()
  await expect(shared.current).rejects.toThrow('too many open files')
  expect((await shared.current).port).toBeGreaterThan(0)
})

test('loadNativePuncher offers the place at the router, and its port in all attempts', async () => {
  const { gateway, mapper, clock } = await routed()
  const puncher = await loadNativePuncher({}, clock, mapper)
  const paths = await Promise.all([puncher.offer(), puncher.offer()])
  for (const path of paths) path.close()
  const [port] = gateway.mappings.keys()
  const places = paths.map(({ offer }) => offer.includes(` 203.0.113.7 ${port} typ srflx`))
  const own = paths.map(({ offer }) => new RegExp(` ${port} typ host`).test(offer))
  expect({ places, own }).toEqual({ places: [true, true], own: [true, true] })
})

test('loadNativePuncher chooses another port when a program has opened that one', async () => {
  const { gateway, mapper, clock } = await routed()
  const puncher = await loadNativePuncher({}, clock, mapper)
  await until(() => gateway.mappings.size === 1, 'the mapping')
  const [taken] = gateway.mappings.keys()
  const other = createSocket('udp4').bind(taken)
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  await expect(puncher.offer()).rejects.toThrow(`another program has opened UDP port ${taken}`)
  const path = await puncher.offer()
  path.close()
  expect(path.offer).toMatch(/ 203\.0\.113\.7 \d+ typ srflx/)
})
