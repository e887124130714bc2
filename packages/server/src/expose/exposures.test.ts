import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { RareLog, silentLogger, systemClock } from '@ls/foundation'
import { ChannelSlots, EntryRules, type Exposure, formatExposure, parseExposure } from '@ls/relay'
import { freePort } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { resolveServerOptions } from '../options/resolve-options.js'
import type { ServerOptions } from '../options/server-options.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import { Policy } from '../policy/policy.js'
import { PortPool } from '../reverse/port-pool.js'
import { type ReverseToken, TokenRegistry } from '../tokens/token-registry.js'
import { Exposures } from './exposures.js'
import { HostExposures } from './hosts/host-exposures.js'

const started: Exposures[] = []

afterEach(() => Promise.all(started.splice(0).map((exposures) => exposures.close(0))))

/** Exposures without providers: a connection waits for one until it is reset. */
function make(options: ServerOptions, pick = () => Promise.reject(new Error('no provider'))): Exposures {
  const server = resolveServerOptions({ host: '127.0.0.1', ...options })
  const pool = new PortPool([1, 2])
  const exposures = new Exposures({
    server,
    rareLog: new RareLog(systemClock, silentLogger),
    hosts: new HostExposures(server, new RareLog(systemClock, silentLogger)),
    refusalOf: ({ token }) => (token === 'closed' ? 'the token may not be used at this hour' : undefined),
    sourceOf: ({ record }) => ({
      pick,
      ...(record.policy === undefined ? {} : { entryRules: new EntryRules([], { user: record.policy.targets }) }),
    }),
    slotsOf: () => new ChannelSlots({ limit: 10, what: 'connections' }),
    reservePort: (port) => void pool.take({ wanted: port }),
    releasePort: (port) => pool.release(port),
    onOpen: () => {},
  })
  started.push(exposures)
  return exposures
}

function tokenWith(ports?: string): ReverseToken {
  const place = { port: -1, host: '127.0.0.1', allowManageConnector: false, username: undefined, password: undefined }
  return new TokenRegistry().add({ kind: 'reverse', token: 'r', ...place, ports })
}

const one = { record: tokenWith(), instance: 'one' }
const other = { ...one, instance: 'other' }

function at(port: number, protocol = 'tcp'): Exposure {
  return parseExposure(`${protocol}:${port}=localhost:22`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    // A reset may come before the connection is seen.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
    socket.resume()
  })
}

describe('Exposures.ask', () => {
  test('opens an allowed port', async () => {
    const port = await freePort()
    const exposures = make({ expose: { allowPorts: String(port) } })
    await exposures.ask(one, at(port))
    expect(await isOpen(port)).toBe(true)
  })

  test('chooses an allowed port for 0', async () => {
    const port = await freePort()
    const { place } = await make({ expose: { allowPorts: String(port) } }).ask(one, at(0))
    expect(place).toEqual({ protocol: 'tcp', port })
  })

  test('chooses another one where a program has the first', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const free = await freePort()
    const { place } = await make({ expose: { allowPorts: `${port},${free}` } }).ask(one, at(0))
    taken.close()
    expect(place).toEqual({ protocol: 'tcp', port: free })
  })

  test('gives the same for the same question, also while the port opens', async () => {
    const port = await freePort()
    const exposures = make({ expose: { allowPorts: String(port) } })
    const [first, second] = await Promise.all([exposures.ask(one, at(0)), exposures.ask(one, at(0))])
    expect(second).toBe(first)
  })

  test.each([
    ['without allowed ports', {}, undefined, 'opens no ports for providers of this token'],
    [
      'outside of them',
      { expose: { allowPorts: '4000-4100' } },
      undefined,
      'port 80 is not among the allowed ports 4000-4100',
    ],
    ['outside those of the token', { expose: { allowPorts: '80' } }, '81', 'port 80 is not among the allowed ports 81'],
    [
      'with a token that may have none',
      { expose: { allowPorts: '80' } },
      '',
      'opens no ports for providers of this token',
    ],
  ])('refuses a port %s', async (_title, options, ports, message) => {
    const owner = { record: tokenWith(ports), instance: 'one' }
    await expect(make(options).ask(owner, at(80))).rejects.toMatchObject({
      code: 'ERR_SERVER_EXPOSE_REFUSED',
      message: expect.stringContaining(message) as string,
    })
  })

  test('refuses a port that another provider has', async () => {
    const port = await freePort()
    const exposures = make({ expose: { allowPorts: String(port) } })
    await exposures.ask(one, at(port))
    await expect(exposures.ask(other, at(port))).rejects.toThrow(`port ${port} is exposed by another provider`)
  })

  test('refuses a port that another program has, with its reason', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    await expect(make({ expose: { allowPorts: String(port) } }).ask(one, at(port))).rejects.toThrow(
      'in use by another program',
    )
    taken.close()
  })

  test('opens UDP beside TCP on the same port', async () => {
    const port = await freePort()
    const exposures = make({ expose: { allowPorts: String(port) } })
    await exposures.ask(one, at(port))
    const { place } = await exposures.ask(other, at(port, 'udp'))
    expect(place).toEqual({ protocol: 'udp', port })
  })

  test('refuses more than 64 of one token', async () => {
    const exposures = make({ expose: { allowPorts: '20000-60000' } })
    for (let count = 0; count < 64; count++) {
      await exposures.ask(one, parseExposure(`udp:0=localhost:${count + 1}`))
    }
    await expect(exposures.ask(one, at(0))).rejects.toThrow('exposes 64 ports, the limit of a token')
  })
})

test('Exposures.ownerLeft frees only the ports of that provider', async () => {
  const [port, stays] = [await freePort(), await freePort()]
  const exposures = make({ expose: { allowPorts: `${port},${stays}` } })
  await exposures.ask(one, at(port))
  await exposures.ask(other, at(stays))
  exposures.ownerLeft(one.record, 'one')
  expect({ now: exposures.of(one.record).map(formatExposure), open: await isOpen(port) }).toEqual({
    now: [`${stays}=localhost:22`],
    open: false,
  })
})

test('Exposures.ask opens a port again for the next provider', async () => {
  const port = await freePort()
  const exposures = make({ expose: { allowPorts: String(port) } })
  await exposures.ask(one, at(port))
  exposures.ownerLeft(one.record, 'one')
  await exposures.tokenRemoved(one.record)
  await exposures.ask(other, at(port))
  expect(await isOpen(port)).toBe(true)
})

test('Exposures.listen opens what the operator wants, whatever is allowed', async () => {
  const port = await freePort()
  const exposures = make({})
  exposures.plan(one.record, at(port))
  await exposures.listen()
  expect(await isOpen(port)).toBe(true)
})

test('Exposures.plan keeps the port for the operator until it is open', async () => {
  const port = await freePort()
  const exposures = make({ expose: { allowPorts: String(port) } })
  exposures.plan(one.record, at(port))
  await expect(exposures.ask(other, at(port))).rejects.toThrow(`cannot allocate port: ${port}`)
})

test('Exposures.tokenRemoved frees a port that is not open yet', async () => {
  const port = await freePort()
  const exposures = make({ expose: { allowPorts: String(port) } })
  exposures.plan(one.record, at(port))
  await exposures.tokenRemoved(one.record)
  await exposures.ask(other, at(port))
  expect(await isOpen(port)).toBe(true)
})

test.each(['tcp', 'udp'])('Exposures.close cuts short a close that gave more time, with %s', async (protocol) => {
  const port = await freePort()
  const exposures = make({ expose: { allowPorts: String(port) } }, () => new Promise<never>(() => {}))
  await exposures.ask(one, at(port, protocol))
  const visitor =
    protocol === 'tcp'
      ? connect(port, '127.0.0.1')
          .on('error', () => {})
          .resume()
      : undefined
  if (visitor !== undefined) await once(visitor, 'connect')
  const slow = exposures.close(60_000)
  await exposures.close(0)
  await expect(slow).resolves.toBeUndefined()
})

test('Exposures.ask opens nothing once a drain has begun', async () => {
  const exposures = make({ expose: { allowPorts: '1-65535' } })
  await exposures.close(60_000)
  await expect(exposures.ask(one, at(0))).rejects.toThrow('the server is draining or closing')
})

/** A provider of another token, with a policy. */
function providerOf(token: string, policy?: PolicyOptions) {
  const more = policy === undefined ? {} : { policy: Policy.of(policy) }
  return { record: { ...tokenWith(), token, ...more }, instance: 'one' }
}

describe('Exposures.ask by policy', () => {
  test('opens nothing at an hour at which the token may not be used', async () => {
    const exposures = make({ expose: { allowPorts: '1-65535' } })
    await expect(exposures.ask(providerOf('closed'), at(0))).rejects.toThrow('may not be used at this hour')
  })

  test('opens nothing for a target that the policy closes', async () => {
    const exposures = make({ expose: { allowPorts: '1-65535' } })
    const provider = providerOf('x', { allow: ['10.0.0.1:443'] })
    const asked = exposures.ask(provider, parseExposure('0=10.0.0.2:22'))
    await expect(asked).rejects.toThrow('10.0.0.2')
  })
})

describe('Exposures.ask for a host name', () => {
  const app = parseExposure('http:app.example=localhost:3000')
  const tls = parseExposure('tls:app.example=localhost:443')
  const shared = { expose: { httpPort: 0, httpsPort: 0, allowHosts: ['app.example'] } }

  test('returns the allowed ports', async () => {
    expect(await make(shared).ask(one, app)).toEqual(app)
  })

  test.each([
    [
      'a name that is not allowed',
      { expose: { ...shared.expose, allowHosts: ['other.example'] } },
      app,
      '--allow-hosts',
    ],
    ['any name by default', { expose: { httpPort: 0 } }, app, '--allow-hosts'],
    ['names without a port for them', { expose: { allowHosts: ['*'] } }, app, '--expose-http-port'],
    ['TLS without a port for it', { expose: { httpPort: 0, allowHosts: ['*'] } }, tls, '--expose-https-port'],
  ] satisfies [string, ServerOptions, Exposure, string][])('refuses %s', async (_what, options, exposure, reason) => {
    await expect(make(options).ask(one, exposure)).rejects.toThrow(reason)
  })

  test('goes by the policy of the token where that has names', async () => {
    const provider = providerOf('x', { hosts: ['own.example'] })
    await expect(make(shared).ask(provider, app)).rejects.toThrow('app.example is not allowed')
  })

  test('lets several providers of a token share a name', async () => {
    const exposures = make(shared)
    await exposures.ask(one, app)
    expect(await exposures.ask(other, app)).toEqual(app)
  })

  test('refuses a name that another token has, of either kind', async () => {
    const exposures = make(shared)
    await exposures.ask(one, app)
    await expect(exposures.ask(providerOf('x'), tls)).rejects.toThrow('app.example is exposed for another token')
  })

  test('frees the name when the provider is gone', async () => {
    const exposures = make(shared)
    await exposures.ask(one, app)
    exposures.ownerLeft(one.record, 'one')
    expect(await exposures.ask(providerOf('x'), app)).toEqual(app)
  })
})
