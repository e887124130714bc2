import type { Logger } from '@ls/foundation'
import { FakeClock, until } from '@ls/testkit'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type FakeGateway, fakeGateway } from '../../testing/fake-gateway.js'
import { PortMapper } from './port-mapper.js'
import type { UpnpOptions } from './upnp-options.js'

let clock: FakeClock
let gateway: FakeGateway
let lines: string[]

beforeEach(async () => {
  clock = new FakeClock()
  gateway = await fakeGateway()
  lines = []
})

function mapperWith(options: UpnpOptions = {}, searchAt = gateway.searchAt): PortMapper {
  const mapper = new PortMapper({ ...options, clock, logger: recorder(), searchAt, ownAddresses: ['127.0.0.1'] })
  onTestFinished(() => mapper.close())
  return mapper
}

function recorder(): Logger {
  const add = (level: string) => (_fields: object, text?: string) => void lines.push(`${level}: ${text}`)
  const drop = (): void => {}
  const logger = { trace: drop, debug: drop, info: add('info'), warn: add('warn'), error: add('error') }
  return { ...logger, child: () => ({ ...logger, child: recorder }) }
}

/** Lets time pass in steps until there is a line in the log. */
function passing(stepMs: number): Promise<void> {
  return until(() => {
    clock.advance(stepMs)
    return lines.length > 0
  }, 'the end of the search')
}

/** Each question goes to two kinds of device, so it has two answers. */
function untilAnswered(answers: number): Promise<void> {
  return until(() => gateway.answers >= answers, 'the answers to a question')
}

/** Asks for a port of a router with this description, and waits until the description has been read. */
async function mapAt(description: string): Promise<void> {
  let isAsked = false
  gateway.describe = () => {
    isAsked = true
    return description
  }
  mapperWith().map(4000)
  const searching = clock.pendingTimers
  // A request has a timer until its answer has been read.
  await until(() => isAsked && clock.pendingTimers === searching, 'the description to be read')
}

test('PortMapper.map has the router pass a port on, for half an hour', async () => {
  const place = await mapperWith().map(4000)?.outside(1000)
  expect({ place, mappings: [...gateway.mappings] }).toEqual({
    place: { address: '203.0.113.7', port: 4000 },
    mappings: [[4000, { internalPort: 4000, client: '127.0.0.1', leaseSeconds: 1800 }]],
  })
})

test('PortMapper.map has the router pass a TCP port on, beside the UDP port of the same number', async () => {
  const mapper = mapperWith()
  await mapper.map(4000)?.outside(1000)
  await mapper.map(4000, 0, 'TCP')?.outside(1000)
  expect({ udp: [...gateway.mappings.keys()], tcp: [...gateway.tcpMappings.keys()], said: lines[1] }).toEqual({
    udp: [4000],
    tcp: [4000],
    said: 'info: UPnP: the router 127.0.0.1 passes TCP port 4000 of 203.0.113.7 on to us',
  })
})

test('PortMapper.close deletes the mapping of a TCP port', async () => {
  const mapper = mapperWith()
  await mapper.map(4000, 0, 'TCP')?.outside(1000)
  await mapper.close()
  expect(gateway.tcpMappings.size).toBe(0)
})

test.each(['WANIPConnection:2', 'WANPPPConnection:1'])('PortMapper.map uses the service %s', async (service) => {
  gateway = await fakeGateway(service)
  await expect(mapperWith().map(4000)?.outside(1000)).resolves.toEqual({ address: '203.0.113.7', port: 4000 })
})

test('PortMapper logs which port of which address it got', async () => {
  await mapperWith().map(4000)?.outside(1000)
  expect(lines).toEqual(['info: UPnP: the router 127.0.0.1 passes UDP port 4000 of 203.0.113.7 on to us'])
})

test('PortMapper.map takes the external port of the options, and the next one for the second socket', async () => {
  const mapper = mapperWith({ externalPort: 700 })
  await mapper.map(4000)?.outside(1000)
  await mapper.map(5000, 1)?.outside(1000)
  expect([...gateway.mappings.keys()]).toEqual([700, 701])
})

test('PortMapper.map takes another port where the router has given that one away', async () => {
  gateway.refuse = (action, body) =>
    action === 'AddPortMapping' && body.includes('>4000</NewExternalPort>') ? 718 : undefined
  const place = await mapperWith().map(4000)?.outside(1000)
  expect(place?.port).toBeGreaterThanOrEqual(49_152)
})

test('PortMapper.map takes no other port where the options name one', async () => {
  gateway.refuse = (action) => (action === 'AddPortMapping' ? 718 : undefined)
  await mapperWith({ externalPort: 700 }).map(4000)?.outside(1000)
  expect(lines).toEqual([expect.stringMatching(/^warn: UPnP: no port is mapped: .*AddPortMapping: NotToday \(718\)/)])
})

test('PortMapper.map asks for no lease where the router has only permanent ones', async () => {
  gateway.refuse = (action, body) =>
    action === 'AddPortMapping' && !body.includes('>0</NewLeaseDuration>') ? 725 : undefined
  await mapperWith().map(4000)?.outside(1000)
  expect(gateway.mappings.get(4000)?.leaseSeconds).toBe(0)
})

test('PortMapper.map ends after five attempts', async () => {
  gateway.refuse = (action) => (action === 'AddPortMapping' ? 718 : undefined)
  await mapperWith().map(4000)?.outside(1000)
  expect(gateway.actions.filter((action) => action === 'AddPortMapping')).toHaveLength(5)
})

test('PortMapper renews a mapping after half of its lease', async () => {
  await mapperWith({ leaseMs: 60_000 }).map(4000)?.outside(1000)
  gateway.mappings.clear()
  clock.advance(30_000)
  await until(() => gateway.mappings.has(4000), 'the renewal')
  expect(gateway.mappings.get(4000)?.leaseSeconds).toBe(60)
})

test('PortMapper searches again when a renewal fails: the router may have restarted', async () => {
  const mapping = mapperWith({ leaseMs: 60_000 }).map(4000)
  await mapping?.outside(1000)
  let refused = false
  gateway.refuse = (action) => (action === 'AddPortMapping' && !refused ? ((refused = true), 501) : undefined)
  gateway.mappings.clear()
  clock.advance(30_000)
  await until(() => gateway.mappings.has(4000), 'the renewal')
  expect(refused).toBe(true)
})

test('PortMapper tells the new address when the router has another one', async () => {
  const mapping = mapperWith({ leaseMs: 60_000 }).map(4000)
  await mapping?.outside(1000)
  gateway.externalAddress = '203.0.113.8'
  clock.advance(30_000)
  await until(() => lines.length === 2, 'the line about the address')
  await expect(mapping?.outside(0)).resolves.toEqual({ address: '203.0.113.8', port: 4000 })
})

test('PortMapper.close deletes the mappings', async () => {
  const mapper = mapperWith()
  await mapper.map(4000)?.outside(1000)
  await mapper.close()
  expect(gateway.mappings.size).toBe(0)
})

test('PortMapper.close leaves the mappings that should stay', async () => {
  const mapper = mapperWith({ keep: true })
  await mapper.map(4000)?.outside(1000)
  await mapper.close()
  expect([...gateway.mappings.keys()]).toEqual([4000])
})

test('PortMapper.close says which port stays open where the router refuses', async () => {
  gateway.refuse = (action) => (action === 'DeletePortMapping' ? 714 : undefined)
  const mapper = mapperWith()
  await mapper.map(4000)?.outside(1000)
  await mapper.close()
  expect(lines.at(-1)).toMatch(/^warn: UPnP: the router keeps port 4000 open until its lease ends: /)
})

test('PortMapper.close ends a search', async () => {
  const mapper = mapperWith({}, { address: '127.0.0.1', port: 9 })
  mapper.map(4000)
  await expect(mapper.close()).resolves.toBeUndefined()
})

test('PortMapper.map maps nothing any more after close', async () => {
  const mapper = mapperWith()
  await mapper.close()
  expect(mapper.map(4000)).toBeUndefined()
})

test('PortMapper says that no router answers, and when it asks again', async () => {
  const mapping = mapperWith({}, { address: '127.0.0.1', port: 9 }).map(4000)
  const place = mapping?.outside(5000)
  await passing(500)
  await place
  expect(lines).toEqual([
    'warn: UPnP: no port is mapped: no router answered a search by UPnP within 3000 ms: it may have UPnP off, or there is none; direct paths are tried without; it is asked again in 10 minutes',
  ])
})

test('PortMapper says once that no router answers, also for two ports', async () => {
  const mapper = mapperWith({}, { address: '127.0.0.1', port: 9 })
  const [first, second] = [mapper.map(4000)!, mapper.map(5000)!]
  const both = Promise.all([first.outside(60_000), second.outside(60_000)])
  await passing(500)
  await both
  expect(lines).toHaveLength(1)
})

test('PortMapping.outside waits no longer than it should', async () => {
  const mapping = mapperWith({}, { address: '127.0.0.1', port: 9 }).map(4000)
  const place = mapping?.outside(100)
  clock.advance(100)
  await expect(place).resolves.toBeUndefined()
})

test('PortMapper asks again after ten minutes', async () => {
  gateway.refuse = () => 501
  const mapping = mapperWith().map(4000)
  await until(() => gateway.actions.length > 0, 'the first question')
  await passing(500)
  gateway.refuse = () => undefined
  clock.advance(600_000)
  await until(() => lines.length === 2, 'the line about the port')
  await expect(mapping?.outside(1000)).resolves.toEqual({ address: '203.0.113.7', port: 4000 })
})

test('PortMapper warns of a router that is behind another NAT', async () => {
  gateway.externalAddress = '192.168.1.4'
  await mapperWith().map(4000)?.outside(1000)
  await until(() => lines.length === 2, 'the warning')
  expect(lines[1]).toBe('warn: UPnP: 192.168.1.4 is a private address: behind another NAT, the port is of no use')
})

test.each([
  ['under another name than the sender', (base: string) => `${base.replace('127.0.0.1', 'localhost')}/device.xml`],
  ['of another protocol', (base: string) => base.replace('http:', 'https:')],
])('PortMapper follows no description %s', async (_where, location) => {
  gateway.location = location
  mapperWith().map(4000)
  await untilAnswered(2)
  clock.advance(500)
  await untilAnswered(4)
  clock.advance(500)
  await untilAnswered(6)
  await passing(100)
  expect(lines).toEqual([expect.stringContaining('no router answered')])
})

test('PortMapper calls no action on another machine', async () => {
  const type = 'urn:schemas-upnp-org:service:WANIPConnection:1'
  await mapAt(`<service><serviceType>${type}</serviceType><controlURL>http://192.0.2.1/c</controlURL></service>`)
  await passing(200)
  expect(lines).toEqual([expect.stringContaining('has no service that maps ports')])
})

test('PortMapper ends a description without end', async () => {
  await mapAt('x'.repeat(300_000))
  await passing(200)
  expect(lines).toEqual([expect.stringContaining('sent more than 262144 bytes')])
})
