import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Destination, parseDestination } from './destination.js'
import { maxMessageBytes } from './limits.js'
import { ServerHandshake, type ServerHandshakeOptions, type ServerStep } from './server-handshake.js'
import { encodeRequest as encodeSocks4Request } from './socks4/messages.js'
import { encodeCredentials, encodeGreeting, encodeRequest } from './socks5/messages.js'

const utf8 = new TextEncoder()
const ada = { verify: (username: string, password: string) => username === 'ada' && password === 'secret' }
const target = parseDestination('example.com', 443)
const connect5 = encodeRequest({ command: 'connect', destination: target })
const credentials = (username: string, password: string) =>
  encodeCredentials({ username: utf8.encode(username), password: utf8.encode(password) })
const bytesOf = (...parts: readonly Iterable<number>[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

interface Outcome {
  readonly output: readonly number[]
  readonly last: Partial<ServerStep> & { readonly code?: string }
  /** First bytes of the tunnel: the leftover and all bytes after it. */
  readonly tunnel: readonly number[]
}

/** Feeds `pieces` until the handshake ends, and returns a summary of the result. */
function feed(options: ServerHandshakeOptions, pieces: readonly Uint8Array[]): Outcome {
  const handshake = new ServerHandshake(options)
  const output: number[] = []
  for (const [index, piece] of pieces.entries()) {
    const step = handshake.push(piece)
    output.push(...step.output)
    if (step.state === 'failed') return { output, last: { state: 'failed', code: step.error.code }, tunnel: [] }
    if (step.state !== 'request') continue
    const tunnel = [step.leftover, ...pieces.slice(index + 1)].flatMap((part) => [...part])
    return { output, last: { state: 'request', request: step.request }, tunnel }
  }
  return { output, last: { state: 'need-more' }, tunnel: [] }
}

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end))
}

const anyDestination = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.nat(0xffff))
  .map(([host, port]) => parseDestination(host, port))
const socks5Session = fc
  .tuple(
    fc.constantFrom<number[][]>([0], [2], [0, 2], []),
    fc.constantFrom('secret', 'wrong'),
    anyDestination,
    fc.boolean(),
  )
  .map(([methods, password, destination, udp]) =>
    bytesOf(
      encodeGreeting(methods),
      methods.includes(2) ? credentials('ada', password) : [],
      encodeRequest({ command: udp ? 'udp-associate' : 'connect', destination }),
    ),
  )
const socks4Session = fc
  .tuple(
    anyDestination.filter(({ type, host }) => type !== 'ipv6' && !host.startsWith('0.0.0.')),
    fc.string(),
  )
  .map(([destination, id]) => encodeSocks4Request({ destination, userId: utf8.encode(id.replaceAll('\0', '')) }))
/** Correct sessions, sessions with a wrong byte, and random bytes after a correct first byte. */
const session = fc.oneof(
  socks5Session,
  socks4Session,
  fc.tuple(fc.oneof(socks5Session, socks4Session), fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const changed = bytes.slice()
    changed[at % changed.length] = value
    return changed
  }),
  fc.tuple(fc.constantFrom(4, 5), fc.uint8Array({ maxLength: 600 })).map(([first, rest]) => bytesOf([first], rest)),
  fc.uint8Array(),
)
const options = fc.record({
  auth: fc.constantFrom(undefined, ada),
  udp: fc.boolean(),
  versions: fc.constantFrom(undefined, ['socks5'] as const, ['socks4'] as const),
})

describe('ServerHandshake.push', () => {
  test('gives the same result however the bytes are cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 8 })
    fc.assert(
      fc.property(options, session, fc.uint8Array(), cuts, (options, session, payload, cuts) => {
        const bytes = bytesOf(session, payload)
        expect(feed(options, cutAt(bytes, cuts))).toEqual(feed(options, [bytes]))
      }),
      { numRuns: 2000 },
    )
  })

  test('gives the same result byte by byte', () => {
    fc.assert(
      fc.property(options, session, (options, bytes) => {
        expect(
          feed(
            options,
            [...bytes].map((byte) => Uint8Array.of(byte)),
          ),
        ).toEqual(feed(options, [bytes]))
      }),
    )
  })

  test('decides any bytes at all once they exceed its limits', () => {
    const greeting = encodeGreeting([0])
    const noise = fc.uint8Array({ minLength: maxMessageBytes, maxLength: maxMessageBytes })
    fc.assert(
      fc.property(noise, (noise) => {
        expect(feed({}, [bytesOf(greeting, [5, 1, 0], noise)]).last.state).not.toBe('need-more')
        expect(feed({}, [bytesOf([4], noise)]).last.state).not.toBe('need-more')
      }),
    )
  })

  test('does not keep the chunks it was given', () => {
    const handshake = new ServerHandshake()
    const chunk = Uint8Array.of(5, 1)
    handshake.push(chunk)
    chunk.fill(0xff)
    expect(handshake.push(Uint8Array.of(0))).toEqual({ state: 'need-more', output: Uint8Array.of(5, 0) })
  })

  test('throws a TypeError after the end', () => {
    const handshake = new ServerHandshake()
    handshake.push(Uint8Array.of(0x47))
    expect(() => handshake.push(Uint8Array.of(1))).toThrow(TypeError)
  })

  test('ignores an empty chunk', () => {
    expect(feed({}, [new Uint8Array(0), encodeGreeting([0]), new Uint8Array(0), connect5]).last.state).toBe('request')
  })
})

describe('ServerHandshake with SOCKS5', () => {
  const request = (command: 'connect' | 'udp-associate', user?: string) => ({
    version: 5,
    command,
    destination: target,
    user,
    userId: undefined,
  })

  test('reads a request without authentication, and what follows it', () => {
    expect(feed({}, [bytesOf(encodeGreeting([0, 2]), connect5, [1, 2, 3])])).toEqual({
      output: [5, 0],
      last: { state: 'request', request: request('connect') },
      tunnel: [1, 2, 3],
    })
  })

  test('reads a request of a user with the right password', () => {
    expect(feed({ auth: ada }, [bytesOf(encodeGreeting([0, 2]), credentials('ada', 'secret'), connect5)])).toEqual({
      output: [5, 2, 1, 0],
      last: { state: 'request', request: request('connect', 'ada') },
      tunnel: [],
    })
  })

  test('reads UDP ASSOCIATE when it is on', () => {
    const bytes = bytesOf(encodeGreeting([0]), encodeRequest({ command: 'udp-associate', destination: target }))
    expect(feed({ udp: true }, [bytes]).last).toEqual({ state: 'request', request: request('udp-associate') })
  })

  test.each([0xf0, 0xf1])('reads the command %d as CONNECT', (command) => {
    const bytes = bytesOf(encodeGreeting([0]), connect5)
    bytes[4] = command
    expect(feed({}, [bytes]).last).toEqual({ state: 'request', request: request('connect') })
  })

  test.each<[string, ServerHandshakeOptions, Uint8Array, number[], string]>([
    ['no method offered', {}, encodeGreeting([]), [5, 0xff], 'ERR_SOCKS_AUTH_REQUIRED'],
    ['only a password offered and none wanted', {}, encodeGreeting([2]), [5, 0xff], 'ERR_SOCKS_AUTH_REQUIRED'],
    ['no password offered and one wanted', { auth: ada }, encodeGreeting([0]), [5, 0xff], 'ERR_SOCKS_AUTH_REQUIRED'],
    ['SOCKS5 off', { versions: ['socks4'] }, encodeGreeting([0]), [5, 0xff], 'ERR_SOCKS_VERSION'],
    [
      'the wrong password',
      { auth: ada },
      bytesOf(encodeGreeting([2]), credentials('ada', 'wrong')),
      [5, 2, 1, 1],
      'ERR_SOCKS_AUTH_FAILED',
    ],
    [
      'empty credentials',
      { auth: ada },
      bytesOf(encodeGreeting([2]), [1, 0, 0]),
      [5, 2, 1, 1],
      'ERR_SOCKS_AUTH_FAILED',
    ],
    [
      'credentials of another version',
      { auth: ada },
      bytesOf(encodeGreeting([2]), [5, 0, 0]),
      [5, 2, 1, 1],
      'ERR_SOCKS_VERSION',
    ],
    ['BIND', {}, bytesOf(encodeGreeting([0]), [5, 2, 0, 1]), [5, 0, ...refusal5(7)], 'ERR_SOCKS_COMMAND'],
    ['an unknown command', {}, bytesOf(encodeGreeting([0]), [5, 9, 0, 1]), [5, 0, ...refusal5(7)], 'ERR_SOCKS_COMMAND'],
    [
      'UDP ASSOCIATE when it is off',
      {},
      bytesOf(encodeGreeting([0]), encodeRequest({ command: 'udp-associate', destination: target })),
      [5, 0, ...refusal5(7)],
      'ERR_SOCKS_COMMAND',
    ],
    [
      'an unknown address type',
      {},
      bytesOf(encodeGreeting([0]), [5, 1, 0, 2]),
      [5, 0, ...refusal5(8)],
      'ERR_SOCKS_ADDRESS_TYPE',
    ],
    [
      'a host name that is none',
      {},
      bytesOf(encodeGreeting([0]), [5, 1, 0, 3, 1, 10, 0, 80]),
      [5, 0, ...refusal5(1)],
      'ERR_SOCKS_BAD_VALUE',
    ],
  ])('refuses %s', (_, options, bytes, output, code) => {
    expect(feed(options, [bytes])).toEqual({ output, last: { state: 'failed', code }, tunnel: [] })
  })

  test('names neither user nor password in the error', () => {
    const handshake = new ServerHandshake({ auth: ada })
    handshake.push(encodeGreeting([2]))
    const step = handshake.push(credentials('ada', 'hunter2'))
    expect(JSON.stringify(step) + String(step.state === 'failed' && step.error)).not.toMatch(/hunter2/)
  })

  test('treats an authenticator that throws as a refusal', () => {
    const auth = {
      verify: () => {
        throw new Error('database gone')
      },
    }
    const bytes = bytesOf(encodeGreeting([2]), credentials('a', 'b'))
    expect(feed({ auth }, [bytes]).last.code).toBe('ERR_SOCKS_AUTH_FAILED')
  })

  test('treats a promise from an authenticator as a refusal', () => {
    const auth = { verify: (() => Promise.resolve(true)) as unknown as () => boolean }
    const bytes = bytesOf(encodeGreeting([2]), credentials('a', 'b'))
    expect(feed({ auth }, [bytes]).last.code).toBe('ERR_SOCKS_AUTH_FAILED')
  })

  test('treats a password that is not UTF-8 as wrong', () => {
    const auth = { verify: () => true }
    const bytes = bytesOf(encodeGreeting([2]), [1, 1, 0x61, 1, 0xff])
    expect(feed({ auth }, [bytes]).last.code).toBe('ERR_SOCKS_AUTH_FAILED')
  })
})

describe('ServerHandshake with SOCKS4', () => {
  const socks4 = (destination: Destination, id = '') => encodeSocks4Request({ destination, userId: utf8.encode(id) })

  test.each([target, parseDestination('10.1.2.3', 80)])(
    'reads a request for $host, and what follows it',
    (destination) => {
      expect(feed({}, [bytesOf(socks4(destination, 'ada'), [1, 2])])).toEqual({
        output: [],
        last: {
          state: 'request',
          request: { version: 4, command: 'connect', destination, user: undefined, userId: 'ada' },
        },
        tunnel: [1, 2],
      })
    },
  )

  test.each<[string, ServerHandshakeOptions, Uint8Array, string]>([
    ['a request where a password is required', { auth: ada }, socks4(target, 'ada'), 'ERR_SOCKS_AUTH_REQUIRED'],
    ['BIND', {}, Uint8Array.of(4, 2), 'ERR_SOCKS_COMMAND'],
    ['a request when SOCKS4 is off', { versions: ['socks5'] }, socks4(target), 'ERR_SOCKS_VERSION'],
    ['an endless user id', {}, bytesOf([4, 1, 0, 80, 1, 2, 3, 4], Array<number>(256).fill(1)), 'ERR_SOCKS_TOO_LARGE'],
  ])('refuses %s', (_, options, bytes, code) => {
    const output = [0, 0x5b, 0, 0, 0, 0, 0, 0]
    expect(feed(options, [bytes])).toEqual({ output, last: { state: 'failed', code }, tunnel: [] })
  })
})

describe('ServerHandshake with another protocol', () => {
  test.each(['GET / HTTP/1.1\r\n', '\u0016\u0003\u0001', '\0'])('refuses %j without a word', (text) => {
    expect(feed({}, [utf8.encode(text)])).toEqual({
      output: [],
      last: { state: 'failed', code: 'ERR_SOCKS_VERSION' },
      tunnel: [],
    })
  })
})

describe('ServerHandshake.reply', () => {
  const requested = (bytes: Uint8Array) => {
    const handshake = new ServerHandshake()
    handshake.push(bytes)
    return handshake
  }
  const socks5 = () => requested(bytesOf(encodeGreeting([0]), connect5))

  test('answers SOCKS5 with the bound address', () => {
    const reply = socks5().reply('succeeded', parseDestination('10.0.0.1', 0x1234))
    expect([...reply]).toEqual([5, 0, 0, 1, 10, 0, 0, 1, 0x12, 0x34])
  })

  test('answers SOCKS5 with zeros where no address is bound', () => {
    expect([...socks5().reply('refused')]).toEqual(refusal5(5))
  })

  test('answers SOCKS4', () => {
    const handshake = requested(encodeSocks4Request({ destination: target, userId: new Uint8Array(0) }))
    expect([...handshake.reply('timeout')]).toEqual([0, 0x5b, 0, 0, 0, 0, 0, 0])
  })

  test('throws a TypeError before a request', () => {
    expect(() => new ServerHandshake().reply('failed')).toThrow(TypeError)
  })

  test('throws a TypeError the second time', () => {
    const handshake = socks5()
    handshake.reply('succeeded')
    expect(() => handshake.reply('failed')).toThrow(TypeError)
  })
})

function refusal5(byte: number): number[] {
  return [5, byte, 0, 1, 0, 0, 0, 0, 0, 0]
}
