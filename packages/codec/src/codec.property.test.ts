import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecError } from './errors.js'
import { channelKey } from './message/channel-id.js'
import { decode } from './message/decode.js'
import { encode } from './message/encode.js'
import { MessageType } from './message/message-type.js'
import type { KnownMessage, Message } from './message/message.js'
import { channelIdOffset, peekType } from './message/peek.js'
import { dataCreditBytes, isCompressed, readTcpDataPayload } from './message/tcp-data.js'

const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const text = (minLength: number) =>
  fc
    .string({ unit: 'binary', minLength, maxLength: 255 })
    .filter((value) => Buffer.byteLength(value) >= minLength && Buffer.byteLength(value) <= 255)
const bytes = fc.uint8Array({ maxLength: 300 })
const address = fc.record({ host: text(1), port: fc.nat(0xffff) })
const sequence = fc.maxSafeNat()
const u32 = fc.nat(0xffff_ffff)
const failure = fc.record({ success: fc.constant(false), error: text(1) }, { requiredKeys: ['success'] })
const success = fc.record({ success: fc.constant(true) })
const outcome = fc.oneof(success, failure)
const identified = fc.record({ success: fc.constant(true), token: text(1) })
const compression = fc.constantFrom('none' as const, 'gzip' as const)
const secret = fc.uint8Array({ minLength: 1, maxLength: 255 })
/** JSON values, converted once, since JSON has no -0. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))

/** Adds the field of go 1.10.3 to some of the messages. */
function withResume<F extends object>(fields: fc.Arbitrary<F>): fc.Arbitrary<F & { resume?: true }> {
  return fc.tuple(fields, fc.boolean()).map(([value, resume]) => (resume ? { ...value, resume: true as const } : value))
}

function ofType<T extends number, F extends object>(type: T, fields: fc.Arbitrary<F>): fc.Arbitrary<F & { type: T }> {
  return fields.map((value) => ({ type, ...value }))
}

const jsonText = fc.string({ unit: 'binary' })

const arbitraries = {
  Auth: ofType(MessageType.Auth, fc.record({ token: text(1), reverse: fc.boolean(), instance: id })),
  AuthResponse: ofType(MessageType.AuthResponse, fc.oneof(outcome, identified)),
  ConnectTcp: ofType(
    MessageType.Connect,
    withResume(fc.record({ protocol: fc.constant('tcp' as const), channelId: id, address })),
  ),
  ConnectUdp: ofType(
    MessageType.Connect,
    withResume(fc.record({ protocol: fc.constant('udp' as const), channelId: id })),
  ),
  ConnectResponse: ofType(MessageType.ConnectResponse, withId(outcome)),
  DataTcp: ofType(
    MessageType.Data,
    fc.record({ protocol: fc.constant('tcp' as const), channelId: id, compression, payload: bytes }),
  ),
  DataUdp: ofType(
    MessageType.Data,
    fc.record(
      {
        protocol: fc.constant('udp' as const),
        channelId: id,
        compression,
        payload: bytes,
        source: address,
        target: address,
      },
      { requiredKeys: ['protocol', 'channelId', 'compression', 'payload'] },
    ),
  ),
  Disconnect: ofType(
    MessageType.Disconnect,
    fc.record({ channelId: id, error: text(1) }, { requiredKeys: ['channelId'] }),
  ),
  Connector: ofType(
    MessageType.Connector,
    fc.record({ channelId: id, token: text(0), operation: fc.constantFrom('add' as const, 'remove' as const) }),
  ),
  ConnectorResponse: ofType(
    MessageType.ConnectorResponse,
    withId(fc.oneof(failure, fc.record({ success: fc.constant(true), token: text(1) }, { requiredKeys: ['success'] }))),
  ),
  Log: ofType(
    MessageType.Log,
    fc.record({
      level: fc.constantFrom('trace' as const, 'debug' as const, 'info' as const, 'warn' as const, 'error' as const),
      text: fc.string({ unit: 'binary' }),
    }),
  ),
  Partners: ofType(MessageType.Partners, fc.record({ count: fc.maxSafeNat() })),
  DirectCapabilities: ofType(MessageType.DirectCapabilities, fc.record({ json })),
  DirectRendezvous: ofType(MessageType.DirectRendezvous, fc.record({ json })),
  DirectStatus: ofType(MessageType.DirectStatus, fc.record({ json })),
  Hello: ofType(
    MessageType.Hello,
    fc.record(
      {
        extensions: fc.subarray([
          'window' as const,
          'fin' as const,
          'resume' as const,
          'ack2' as const,
          'urgent' as const,
          'expose' as const,
          'trace' as const,
        ]),
        windowBytes: fc.nat(0xffff_ffff),
        session: id,
        secret,
        graceSeconds: fc.oneof(fc.nat(2_147_483), fc.double({ min: 0.001, max: 1000, noNaN: true })),
      },
      { requiredKeys: ['extensions', 'windowBytes'] },
    ),
  ),
  Window: ofType(
    MessageType.Window,
    fc.record({ channelId: id, creditBytes: fc.integer({ min: 1, max: 0xffff_ffff }) }),
  ),
  Fin: ofType(MessageType.Fin, fc.record({ channelId: id })),
  Ack: ofType(
    MessageType.Ack,
    fc.record({ sequence, arrival: fc.record({ atUs: u32, delayUs: u32 }) }, { requiredKeys: ['sequence'] }),
  ),
  Resume: ofType(
    MessageType.Resume,
    fc.record(
      { session: id, secret, sequence, urgent: fc.constant(true as const) },
      { requiredKeys: ['session', 'secret', 'sequence'] },
    ),
  ),
  Expose: ofType(
    MessageType.Expose,
    fc.record(
      { id: fc.maxSafeNat(), open: jsonText, target: jsonText, proxy: jsonText },
      { requiredKeys: ['id', 'open', 'target'] },
    ),
  ),
  Exposed: ofType(
    MessageType.Exposed,
    fc.record({ id: fc.maxSafeNat(), open: jsonText, error: jsonText }, { requiredKeys: ['id'] }),
  ),
  Lossy: fc.constant({ type: MessageType.Lossy }),
  Urgent: ofType(
    MessageType.Urgent,
    fc.record({ sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), message: bytes }),
  ),
  Resumed: ofType(
    MessageType.Resumed,
    fc.tuple(outcome, sequence).map(([fields, value]) => Object.assign(fields, { sequence: value })),
  ),
} satisfies Record<string, fc.Arbitrary<KnownMessage>>

const anyMessage: fc.Arbitrary<KnownMessage> = fc.oneof(...Object.values(arbitraries))

describe('decode returns the message that encode got', () => {
  test.each(Object.entries<fc.Arbitrary<KnownMessage>>(arbitraries))('%s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decode(encode(message))).toEqual(message)
      }),
    )
  })
})

test('decode ignores bytes after the end of a message', () => {
  // A message without its optional last field must end there: bytes after it would be read as that field.
  const open = anyMessage.filter((message) => !endsBeforeOptionalField(message))
  fc.assert(
    fc.property(open, fc.uint8Array({ maxLength: 5 }), (message, suffix) => {
      expect(decode(Uint8Array.of(...encode(message), ...suffix))).toEqual(message)
    }),
  )
})

test('decode gives a message or a CodecError for any cut, flipped or random bytes', () => {
  fc.assert(
    fc.property(damagedBytes(), (damaged) => {
      expect(() => decodeOrRefuse(damaged)).not.toThrow()
    }),
    { numRuns: 5000 },
  )
})

test('encode accepts whatever decode gave', () => {
  const decoded = damagedBytes()
    .map(decodeOrRefuse)
    .filter((message) => message !== undefined && message.type !== 'unknown')
  fc.assert(
    fc.property(decoded, (message) => {
      const again = encode(message)
      expect(encode(decode(again) as KnownMessage)).toEqual(again)
    }),
    { numRuns: 2000 },
  )
})

test('decode leaves ids and payloads in the bytes it was given', () => {
  fc.assert(
    fc.property(arbitraries.DataTcp, (message) => {
      const frame = encode(message)
      const views = Object.values(decode(frame)).filter((value) => value instanceof Uint8Array)
      expect(views.map((view) => view.buffer === frame.buffer)).toEqual([true, true])
    }),
  )
})

test('peekType and channelKey at channelIdOffset agree with decode', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const frame = encode(message)
      const type = peekType(frame)
      const offset = channelIdOffset(type)
      const key = offset < 0 ? undefined : channelKey(frame, offset)
      const expected = 'channelId' in message ? channelKey(message.channelId) : undefined
      expect({ type, key }).toEqual({ type: message.type, key: expected })
    }),
  )
})

test('readTcpDataPayload accepts and gives exactly what decode does for TCP Data', () => {
  fc.assert(
    fc.property(damagedBytes(arbitraries.DataTcp), (frame) => {
      const message = decodeOrRefuse(frame)
      const expected = message?.type === MessageType.Data && message.protocol === 'tcp' ? message.payload : undefined
      expect(refusable(() => readTcpDataPayload(frame))).toEqual(expected)
    }),
    { numRuns: 2000 },
  )
})

test('isCompressed and dataCreditBytes agree with decode', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraries.DataTcp, arbitraries.DataUdp), (message) => {
      const frame = encode(message)
      const plain = message.protocol === 'tcp' ? message.payload.length : 0
      const credit = message.compression === 'none' ? plain : refusable(() => dataCreditBytes(frame))
      const agreed = [isCompressed(frame), refusable(() => dataCreditBytes(frame))]
      expect(agreed).toEqual([message.compression === 'gzip', credit])
    }),
  )
})

function withId<F extends object>(fields: fc.Arbitrary<F>): fc.Arbitrary<F & { channelId: Uint8Array }> {
  return fc.tuple(fields, id).map(([value, channelId]) => Object.assign(value, { channelId }))
}

function endsBeforeOptionalField(message: KnownMessage): boolean {
  if (message.type === MessageType.Urgent) return true
  if (message.type === MessageType.Connect) return message.resume !== true
  if (message.type === MessageType.Resume) return message.urgent !== true
  if (message.type === MessageType.Disconnect) return message.error === undefined
  if (message.type !== MessageType.AuthResponse && message.type !== MessageType.ConnectorResponse) return false
  return message.success && message.token === undefined
}

/** Messages that were cut, had bytes changed, or random bytes. */
function damagedBytes(messages: fc.Arbitrary<KnownMessage> = anyMessage): fc.Arbitrary<Uint8Array> {
  const damaged = fc
    .record({
      frame: messages.map((message) => encode(message).slice()),
      edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      keep: fc.option(fc.nat()),
    })
    .map(({ frame, edits, keep }) => {
      for (const [at, value] of edits) frame[at % frame.length] = value
      return keep === null ? frame : frame.subarray(0, keep % (frame.length + 1))
    })
  return fc.oneof({ weight: 4, arbitrary: damaged }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) })
}

function decodeOrRefuse(frame: Uint8Array): Message | undefined {
  return refusable(() => decode(frame))
}

function refusable<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
