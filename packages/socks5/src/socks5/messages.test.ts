import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDestination } from '../destination.js'
import type { Parsed } from '../handshake-reader.js'
import { type ReplyCode, replyBytes } from '../reply.js'
import * as messages from './messages.js'

const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error
const text = fc.uint8Array({ maxLength: 255 })
const destination = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.integer({ min: 0, max: 0xffff }))
  .map(([host, port]) => parseDestination(host, port))

/** Reads `bytes` with a tail that belongs to the next message, and every proper prefix, which must not be enough. */
function readWhole<T>(read: (bytes: Uint8Array) => Parsed<T> | undefined, bytes: Uint8Array): T | undefined {
  for (let cut = 0; cut < bytes.length; cut++) expect(read(bytes.subarray(0, cut))).toBeUndefined()
  const parsed = read(Uint8Array.of(...bytes, 9, 9))
  expect(parsed?.byteLength).toBe(bytes.length)
  return parsed?.value
}

describe('SOCKS5 messages', () => {
  test('readGreeting reads what encodeGreeting writes', () => {
    fc.assert(
      fc.property(text, (methods) => {
        expect(readWhole(messages.readGreeting, messages.encodeGreeting([...methods]))).toEqual(methods)
      }),
    )
  })

  test('readMethod reads what encodeMethod writes', () => {
    fc.assert(
      fc.property(fc.nat(255), (method) => {
        expect(readWhole(messages.readMethod, messages.encodeMethod(method))).toBe(method)
      }),
    )
  })

  test('readCredentials reads what encodeCredentials writes', () => {
    fc.assert(
      fc.property(text, text, (username, password) => {
        const credentials = { username, password }
        expect(readWhole(messages.readCredentials, messages.encodeCredentials(credentials))).toEqual(credentials)
      }),
    )
  })

  test.each([true, false])('readAuthStatus reads what encodeAuthStatus writes for %s', (accepted) => {
    expect(readWhole(messages.readAuthStatus, messages.encodeAuthStatus(accepted))).toBe(accepted)
  })

  test('readRequest reads what encodeRequest writes', () => {
    fc.assert(
      fc.property(fc.constantFrom('connect', 'udp-associate'), destination, (command, destination) => {
        const request = { command, destination } as const
        expect(readWhole(messages.readRequest, messages.encodeRequest(request))).toEqual(request)
      }),
    )
  })

  test('readReply reads what encodeReply writes on success', () => {
    fc.assert(
      fc.property(destination, (bound) => {
        const expected = { code: 'succeeded', byte: 0, bound }
        expect(readWhole(messages.readReply, messages.encodeReply('succeeded', bound))).toEqual(expected)
      }),
    )
  })

  test.each((Object.keys(replyBytes) as ReplyCode[]).slice(1))(
    'readReply knows %s from its first two bytes',
    (code) => {
      expect(messages.readReply(messages.encodeReply(code).subarray(0, 2))?.value.code).toBe(code)
    },
  )

  test('readReply takes a success with a bound name that is none', () => {
    expect(messages.readReply(Uint8Array.of(5, 0, 0, 3, 0, 0, 0))?.value.bound).toBeUndefined()
  })

  test('encodeCredentials refuses a password of 256 bytes', () => {
    const credentials = { username: new Uint8Array(1), password: new Uint8Array(256) }
    expect(() => messages.encodeCredentials(credentials)).toThrow(failure('ERR_SOCKS_TOO_LARGE'))
  })

  test.each([
    messages.readGreeting,
    messages.readMethod,
    messages.readCredentials,
    messages.readRequest,
    messages.readReply,
  ])('$name refuses another version at its first byte', (read) => {
    expect(() => read(Uint8Array.of(4))).toThrow(failure('ERR_SOCKS_VERSION'))
  })
})
