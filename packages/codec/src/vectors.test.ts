import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CodecError } from './errors.js'
import { fflateCompressor } from './gzip/compression.js'
import { decode } from './message/decode.js'
import { encode } from './message/encode.js'
import { MessageType } from './message/message-type.js'
import type { KnownMessage } from './message/message.js'
import { readTraceparent } from './message/trace.js'
import { gunzipAsync, nodeCompressor } from './node.js'

interface ValidVector {
  readonly name: string
  readonly hex: string
  readonly exact: boolean
  /** Text in the field behind a Connect. */
  readonly traceparent?: string
  readonly message: Record<string, unknown>
}

interface InvalidVector {
  readonly name: string
  readonly hex: string
  readonly error: string
}

interface GzipVector {
  readonly name: string
  readonly hex: string
  readonly limit: number
  readonly inflated?: string
  readonly error?: string
}

const valid = [...readVectors<ValidVector>('messages'), ...readVectors<ValidVector>('extension')]
const invalid = [...readVectors<InvalidVector>('truncated'), ...readVectors<InvalidVector>('hostile')]

describe('decode reads', () => {
  test.each(valid)('$name', ({ hex, message }) => {
    expect(decode(fromHex(hex))).toEqual(fromJson(message))
  })
})

describe('encode writes', () => {
  test.each(valid.filter(({ exact }) => exact))('$name', ({ hex, message }) => {
    expect(toHex(encode(fromJson(message) as KnownMessage))).toBe(hex)
  })
})

describe('readTraceparent reads', () => {
  test.each(valid.filter(({ message }) => message['type'] === 'Connect'))('$name', ({ hex, traceparent }) => {
    expect(readTraceparent(fromHex(hex))).toBe(traceparent)
  })
})

describe('decode refuses', () => {
  test.each(invalid)('$name', ({ hex, error }) => {
    expect(outcome(() => decode(fromHex(hex)))).toBe(error)
  })
})

describe.each([
  ['fflateCompressor', fflateCompressor],
  ['nodeCompressor', nodeCompressor],
])('%s.gunzip of', (_, compressor) => {
  test.each(readVectors<GzipVector>('gzip'))('$name', ({ hex, limit, inflated, error }) => {
    expect(outcome(() => toHex(compressor.gunzip(fromHex(hex), limit)))).toBe(error ?? inflated)
  })
})

describe('gunzipAsync of', () => {
  test.each(readVectors<GzipVector>('gzip'))('$name', async ({ hex, limit, inflated, error }) => {
    const result = await gunzipAsync(fromHex(hex), limit).then(toHex, codeOf)
    expect(result).toBe(error ?? inflated)
  })
})

function readVectors<T>(name: string): T[] {
  const file = new URL(`../../../spec/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as T[]
}

/** Converts a vector's message to ours: the type as a number, byte fields as bytes. */
function fromJson({ type, ...fields }: Record<string, unknown>): unknown {
  const byteFields = new Set(['channelId', 'instance', 'session', 'secret', 'payload', 'message'])
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    byteFields.has(name) ? fromHex(value as string) : value,
  ])
  return {
    type: type === 'unknown' ? type : MessageType[type as keyof typeof MessageType],
    ...(Object.fromEntries(entries) as object),
  }
}

function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return codeOf(error)
  }
}

function codeOf(error: unknown): string {
  if (error instanceof CodecError) return error.code
  throw error
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
