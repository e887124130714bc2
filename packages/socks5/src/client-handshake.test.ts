import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientHandshake, type ClientHandshakeOptions } from './client-handshake.js'
import { parseDestination } from './destination.js'
import { ServerHandshake } from './server-handshake.js'

const target = parseDestination('example.com', 443)
const bound = { host: '10.0.0.1', port: 80, type: 'ipv4' } as const
const success5 = [5, 0, 0, 1, 10, 0, 0, 1, 0, 80]
const success4 = [0, 0x5a, 0, 80, 10, 0, 0, 1]
const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error

function feed(options: ClientHandshakeOptions, pieces: readonly Uint8Array[]) {
  const handshake = new ClientHandshake(options)
  const output = [...handshake.start()]
  for (const [index, piece] of pieces.entries()) {
    const step = handshake.push(piece)
    output.push(...step.output)
    if (step.state === 'failed') return { output, state: step.state, code: step.error.code, reply: step.error.reply }
    if (step.state !== 'established') continue
    const tunnel = [step.leftover, ...pieces.slice(index + 1)].flatMap((part) => [...part])
    return { output, state: step.state, bound: step.bound, tunnel }
  }
  return { output, state: 'need-more' }
}

const feedBytes = (options: ClientHandshakeOptions, ...bytes: number[]) => feed(options, [Uint8Array.from(bytes)])

describe('ClientHandshake', () => {
  const optionsList: ClientHandshakeOptions[] = [
    { destination: target },
    { destination: target, username: 'ada', password: 'secret' },
    { destination: target, command: 'udp-associate' },
    { destination: target, version: '4a', username: 'ada' },
  ]
  const answers = fc
    .tuple(
      fc.constantFrom([5, 0], [5, 2, 1, 0], [5, 2, 5, 0], [5, 2, 1, 1], [5, 0xff], []),
      fc.oneof(fc.constantFrom(success5, success4, [5, 5], [0, 0x5b, 0, 0, 0, 0, 0, 0]), fc.array(fc.nat(255))),
      fc.array(fc.nat(255)),
    )
    .map((parts) => Uint8Array.from(parts.flat()))

  test('gives the same result however the bytes are cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 5 })
    fc.assert(
      fc.property(fc.constantFrom(...optionsList), answers, cuts, (options, bytes, cuts) => {
        const ends = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        const pieces = ends.slice(1).map((end, index) => bytes.slice(ends[index], end))
        expect(feed(options, pieces)).toEqual(feed(options, [bytes]))
      }),
      { numRuns: 2000 },
    )
  })

  test('throws for no bytes of the proxy', () => {
    fc.assert(
      fc.property(fc.constantFrom(...optionsList), fc.uint8Array(), (options, bytes) => {
        expect(feed(options, [bytes]).state).toBeOneOf(['need-more', 'failed', 'established'])
      }),
    )
  })

  test.each<[string, ClientHandshakeOptions]>([
    ['SOCKS5', { destination: target }],
    ['SOCKS5 with a password', { destination: target, username: 'ada', password: 'pässword' }],
    ['SOCKS5 with UDP', { destination: parseDestination('0.0.0.0', 0), command: 'udp-associate' }],
    ['SOCKS4', { destination: parseDestination('10.2.3.4', 80), version: '4', username: 'ada' }],
    ['SOCKS4a', { destination: target, version: '4a' }],
  ])('reaches an agreement with ServerHandshake over %s', (_, options) => {
    const client = new ClientHandshake(options)
    const auth =
      options.password === undefined ? undefined : { verify: (_: string, word: string) => word === 'pässword' }
    const server = new ServerHandshake({ auth, udp: true })
    let step = server.push(client.start())
    while (step.state === 'need-more') step = server.push(client.push(step.output).output)
    if (step.state === 'failed') throw step.error
    expect(step.request.destination).toEqual(options.destination)
    expect(client.push(server.reply('succeeded', bound))).toMatchObject({ state: 'established', bound })
  })

  test('offers a password only where it has one', () => {
    expect([...new ClientHandshake({ destination: target }).start()]).toEqual([5, 1, 0])
    expect([...new ClientHandshake({ destination: target, username: 'a' }).start()]).toEqual([5, 2, 0, 2])
  })

  test('keeps what follows the reply', () => {
    expect(feedBytes({ destination: target }, 5, 0, ...success5, 1, 2)).toMatchObject({ bound, tunnel: [1, 2] })
  })

  test.each<[string, number[], string]>([
    ['no method', [5, 0xff], 'ERR_SOCKS_AUTH_REQUIRED'],
    ['a method that was not offered', [5, 2], 'ERR_SOCKS_BAD_VALUE'],
    ['another protocol', [0x48], 'ERR_SOCKS_VERSION'],
    ['an unknown address type', [5, 0, 5, 0, 0, 2], 'ERR_SOCKS_ADDRESS_TYPE'],
  ])('fails when the proxy answers with %s', (_, bytes, code) => {
    expect(feedBytes({ destination: target }, ...bytes)).toMatchObject({ state: 'failed', code })
  })

  test.each([
    [{ destination: target }, /refuses clients without authentication; it probably requires a user name/],
    [{ destination: target, username: 'ada', password: 'x' }, /accepts neither a user name with a password nor/],
  ])('explains to a client with %j that no method fits', (options, message) => {
    const handshake = new ClientHandshake(options)
    handshake.start()
    const step = handshake.push(Uint8Array.of(5, 0xff))
    expect(step).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(message) as string } })
  })

  test('fails when the proxy rejects the password', () => {
    const options = { destination: target, username: 'ada', password: 'wrong' }
    expect(feedBytes(options, 5, 2, 1, 1)).toMatchObject({ state: 'failed', code: 'ERR_SOCKS_AUTH_FAILED' })
  })

  test.each([
    [5, [5, 0, 5, 4], 'host-unreachable'],
    [5, [5, 0, 5, 0x77], 'failed'],
    ['4a', [0, 0x5b, 0, 0, 0, 0, 0, 0], 'failed'],
    ['4a', [0, 0x5d, 0, 0, 0, 0, 0, 0], 'forbidden'],
  ])('tells why a proxy of version %s refuses with %j: %s', (version, bytes, reply) => {
    const options = { destination: target, version: version === 5 ? '5' : '4a' } as const
    expect(feedBytes(options, ...bytes)).toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY', reply })
  })

  test('fails for a UDP association without a valid address', () => {
    const options = { destination: target, command: 'udp-associate' } as const
    expect(feedBytes(options, 5, 0, 5, 0, 0, 3, 0, 0, 0)).toMatchObject({ code: 'ERR_SOCKS_BAD_VALUE' })
  })

  test.each<[string, ClientHandshakeOptions, string]>([
    ['a name with version 4', { destination: target, version: '4' }, 'ERR_SOCKS_ADDRESS_TYPE'],
    ['IPv6 with version 4a', { destination: parseDestination('::1', 1), version: '4a' }, 'ERR_SOCKS_ADDRESS_TYPE'],
    ['a long user name', { destination: target, username: 'u'.repeat(256) }, 'ERR_SOCKS_TOO_LARGE'],
    ['a long password', { destination: target, username: 'u', password: 'p'.repeat(256) }, 'ERR_SOCKS_TOO_LARGE'],
  ])('refuses %s at once', (_, options, code) => {
    expect(() => new ClientHandshake(options)).toThrow(failure(code))
  })

  test.each<[string, ClientHandshakeOptions]>([
    ['UDP with version 4a', { destination: target, version: '4a', command: 'udp-associate' }],
    ['a password with version 4a', { destination: target, version: '4a', password: 'x' }],
    ['a password without a user', { destination: target, password: 'x' }],
    ['an empty user', { destination: target, username: '' }],
    ['an unknown version', { destination: target, version: '6' as '5' }],
  ])('throws a TypeError for %s', (_, options) => {
    expect(() => new ClientHandshake(options)).toThrow(TypeError)
  })
})
