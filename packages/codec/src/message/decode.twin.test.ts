import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CodecError } from '../errors.js'
import { decode } from './decode.js'
import { MessageType } from './message-type.js'

// A second decoder, as simple as the table in protocol.md, that removes its bytes from the front of an array. It shares
// no code with the real one; both must give the same result for any bytes.

test('decode agrees with its naive twin on mutated messages', () => {
  const messages = readVectors('messages', 'extension', 'truncated', 'hostile')
  const mutation = fc.record({
    message: fc.constantFrom(...messages),
    edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    length: fc.option(fc.nat()),
    suffix: fc.uint8Array({ maxLength: 4 }),
  })
  fc.assert(
    fc.property(mutation, ({ message, edits, length, suffix }) => {
      const whole = Uint8Array.of(...message, ...suffix)
      for (const [at, value] of edits) whole[at % Math.min(whole.length, 40)] = value
      const bytes = length === null ? whole : whole.subarray(0, length % (whole.length + 1))
      expect(fastVerdict(bytes)).toEqual(naiveVerdict(bytes))
    }),
    { numRuns: 5000 },
  )
})

test('decode agrees with its naive twin on random bodies of every type', () => {
  const types = [...Object.values(MessageType), 0x00, 0x0e, 0x28, 0xff]
  const frames = fc
    .tuple(fc.constantFrom(0x01, 0x01, 0x00, 0x0f, 0x10), fc.constantFrom(...types), fc.uint8Array({ maxLength: 80 }))
    .map(([version, type, body]) => Uint8Array.of(version, type, ...body))
  fc.assert(
    fc.property(frames, (bytes) => {
      expect(fastVerdict(bytes)).toEqual(naiveVerdict(bytes))
    }),
    { numRuns: 5000 },
  )
})

test('decode agrees with its naive twin on random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(fastVerdict(bytes)).toEqual(naiveVerdict(bytes))
    }),
    { numRuns: 2000 },
  )
})

function fastVerdict(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    if (error instanceof CodecError) return error.code
    throw error
  }
}

function naiveVerdict(bytes: Uint8Array): unknown {
  try {
    return naiveDecode([...bytes])
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

class Refusal extends Error {}

function refuse(code: string): never {
  throw new Refusal(`ERR_CODEC_${code}`)
}

type Fields = Record<string, unknown>

function naiveDecode(rest: number[]): Fields {
  const take = (count: number): number[] => (rest.length < count ? refuse('TRUNCATED') : rest.splice(0, count))
  const number = (count: number): bigint => take(count).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const byte = (): number => Number(number(1))
  const flag = (): boolean => byte() > 0
  const id = (): Uint8Array => new Uint8Array(take(16))
  const text = (): string => naiveText(take(byte()))
  const errorUnless = (success: boolean): Fields => {
    const error = success || rest.length === 0 ? '' : text()
    return error ? { error } : {}
  }
  const sequence = (): number => {
    const value = number(8)
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? refuse('BAD_VALUE') : Number(value)
  }
  const protocol = (): string => ['tcp', 'udp'][byte() - 1] ?? refuse('BAD_VALUE')
  const json = (): unknown => {
    const length = Number(number(4))
    if (length > 2 ** 20) refuse('TOO_LARGE')
    const body = Buffer.from(take(length)).toString()
    try {
      return JSON.parse(body)
    } catch {
      return refuse('BAD_JSON')
    }
  }
  const object = (): Fields => {
    const value = json()
    return Object.prototype.toString.call(value) === '[object Object]' ? (value as Fields) : refuse('BAD_JSON')
  }
  const address = (): Fields | undefined => {
    const [host, port] = [text(), Number(number(2))]
    return host ? { host, port } : undefined
  }

  if (rest.length < 2) refuse('TRUNCATED')
  if (byte() > 15) refuse('VERSION')
  const type = byte()
  switch (type) {
    case 0x01: {
      const token = text() || refuse('BAD_VALUE')
      return { type, token, reverse: flag(), instance: id() }
    }
    case 0x02: {
      const success = flag()
      // Only a relay appends a token; bytes that cannot be one are ignored.
      const isToken = success && rest.length > (rest[0] ?? 0)
      const token = isToken ? text() : ''
      return { type, success, ...errorUnless(success), ...(token ? { token } : {}) }
    }
    case 0x03: {
      const fields = { type, protocol: protocol(), channelId: id() }
      const target = fields.protocol === 'udp' ? {} : { address: address() ?? refuse('BAD_VALUE') }
      return { ...fields, ...target, ...(rest.length > 0 && flag() ? { resume: true } : {}) }
    }
    case 0x04: {
      if (rest.length < 22) refuse('TRUNCATED')
      const fields: Fields = { type, protocol: protocol(), channelId: id() }
      fields['compression'] = ['none', 'gzip'][byte()] ?? refuse('BAD_VALUE')
      fields['payload'] = new Uint8Array(take(Number(number(4))))
      for (const field of fields['protocol'] === 'udp' ? ['source', 'target'] : []) {
        const value = rest.length > 0 ? address() : undefined
        if (value) fields[field] = value
      }
      return fields
    }
    case 0x05: {
      const success = flag()
      return { type, success, channelId: id(), ...errorUnless(success) }
    }
    case 0x06:
      return { type, channelId: id(), ...errorUnless(false) }
    case 0x07:
      return { type, channelId: id(), token: text(), operation: ['add', 'remove'][byte() - 1] ?? refuse('BAD_VALUE') }
    case 0x08: {
      const fields = { type, channelId: id(), success: flag() }
      const token = fields.success && rest.length > 0 ? text() : ''
      return { ...fields, ...errorUnless(fields.success), ...(token ? { token } : {}) }
    }
    case 0x09: {
      const { level, msg } = object()
      if (msg !== undefined && typeof msg !== 'string') refuse('BAD_JSON')
      const known = typeof level === 'string' && /^(?:trace|debug|info|warn|error)$/.test(level)
      return { type, level: known ? level : 'info', text: msg ?? '' }
    }
    case 0x0a: {
      const { count } = object()
      return Number.isSafeInteger(count) && Number(count) >= 0 ? { type, count } : refuse('BAD_JSON')
    }
    case 0x0b:
    case 0x0c:
    case 0x0d:
      return { type, json: json() }
    case 0x20:
      return { type, ...naiveHello(object()) }
    case 0x21:
      return { type, channelId: id(), creditBytes: Number(number(4)) || refuse('BAD_VALUE') }
    case 0x22:
      return { type, channelId: id() }
    case 0x23: {
      const fields = { type, sequence: sequence() }
      return rest.length < 8 ? fields : { ...fields, arrival: { atUs: Number(number(4)), delayUs: Number(number(4)) } }
    }
    case 0x24: {
      const session = id()
      const secret = new Uint8Array(take(byte()))
      if (secret.length === 0) refuse('BAD_VALUE')
      const fields = { type, session, secret, sequence: sequence() }
      return rest.length > 0 && flag() ? { ...fields, urgent: true } : fields
    }
    case 0x25: {
      const fields = { type, success: flag(), sequence: sequence() }
      return { ...fields, ...errorUnless(fields.success) }
    }
    case 0x26: {
      const { id: request, open, target, proxy } = object()
      if (!naturalUpTo(request, Number.MAX_SAFE_INTEGER)) refuse('BAD_JSON')
      const fields = { type, id: request, open: asText(open), target: asText(target) }
      return proxy === undefined ? fields : { ...fields, proxy: asText(proxy) }
    }
    case 0x27: {
      const { id: request, ...texts } = object()
      if (!naturalUpTo(request, Number.MAX_SAFE_INTEGER)) refuse('BAD_JSON')
      const given = ['open', 'error'].filter((name) => texts[name] !== undefined)
      return { type, id: request, ...Object.fromEntries(given.map((name) => [name, asText(texts[name])])) }
    }
    case 0x28:
      return { type }
    case 0x29: {
      const number = sequence() || refuse('BAD_VALUE')
      return { type, sequence: number, message: new Uint8Array(rest) }
    }
    case 0x30:
      return { type }
    default:
      return { type: 'unknown', typeByte: type }
  }
}

function naiveHello({ ext, window = 262144, session, secret, grace }: Fields): Fields {
  const fields: Fields = { windowBytes: window }
  if (!Array.isArray(ext) || !naturalUpTo(window, 0xffffffff)) refuse('BAD_JSON')
  fields['extensions'] = ['window', 'fin', 'resume', 'ack2', 'urgent', 'expose', 'trace'].filter((name) =>
    (ext as unknown[]).includes(name),
  )
  if (session !== undefined) {
    if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(asText(session))) refuse('BAD_JSON')
    fields['session'] = new Uint8Array(Buffer.from(asText(session).replaceAll('-', ''), 'hex'))
  }
  if (secret !== undefined) {
    const bytes = new Uint8Array(Buffer.from(asText(secret), 'base64url'))
    const digits = Math.ceil((bytes.length * 4) / 3)
    if (!/^[\w-]+$/.test(asText(secret)) || asText(secret).length !== digits || bytes.length > 255) refuse('BAD_JSON')
    fields['secret'] = bytes
  }
  if (grace !== undefined) {
    if (typeof grace !== 'number' || grace < 0 || grace > 2147483) refuse('BAD_JSON')
    fields['graceSeconds'] = grace
  }
  return fields
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : refuse('BAD_JSON')
}

function naturalUpTo(value: unknown, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max
}

/**
 * Decodes text. Invalid UTF-8 becomes longer when read; characters that no longer fit into 255 bytes are dropped, one
 * at a time.
 */
function naiveText(bytes: number[]): string {
  const characters = Array.from(Buffer.from(bytes).toString())
  while (Buffer.byteLength(characters.join('')) > 255) characters.pop()
  return characters.join('')
}

function readVectors(...names: string[]): Uint8Array[] {
  return names.flatMap((name) => {
    const file = new URL(`../../../../spec/vectors/${name}.json`, import.meta.url)
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Array<{ hex: string }>
    return vectors.map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex')))
  })
}
