import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelKey, formatChannelId, newChannelId, parseUuid } from './channel-id.js'

const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const counting = Uint8Array.from({ length: 20 }, (_, index) => index * 13)

test('channelKey differs exactly where the ids differ', () => {
  fc.assert(
    fc.property(id, fc.nat(15), fc.nat(255), (bytes, at, value) => {
      const other = bytes.slice()
      other[at] = value
      expect(channelKey(bytes) === channelKey(other)).toBe(bytes[at] === value)
    }),
  )
})

test('channelKey reads the id at the offset', () => {
  expect(channelKey(counting, 3)).toBe(channelKey(counting.subarray(3, 19)))
})

test('channelKey takes an id that ends with the message', () => {
  expect(channelKey(counting, 4)).toHaveLength(8)
})

test('channelKey refuses bytes that end inside the id', () => {
  expect(() => channelKey(counting, 5)).toThrow(expect.objectContaining({ code: 'ERR_CODEC_TRUNCATED' }))
})

test('channelKey refuses the offset of a type without an id', () => {
  expect(() => channelKey(counting, -1)).toThrow(RangeError)
})

test('newChannelId gives version 4 UUIDs', () => {
  expect(formatChannelId(newChannelId())).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('newChannelId gives a new id each time', () => {
  const keys = Array.from({ length: 1000 }, () => channelKey(newChannelId()))
  expect(new Set(keys).size).toBe(1000)
})

test('formatChannelId groups any 16 bytes as a UUID', () => {
  expect(formatChannelId(Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index))).toBe(
    'f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff',
  )
})

test('formatChannelId shows missing bytes instead of throwing', () => {
  expect(formatChannelId(Uint8Array.of(1, 2))).toBe('0102????-????-????-????-????????????')
})

test('parseUuid reads what formatChannelId writes, in either case', () => {
  fc.assert(
    fc.property(id, fc.boolean(), (bytes, upper) => {
      const text = formatChannelId(bytes)
      expect(parseUuid(upper ? text.toUpperCase() : text)).toEqual(bytes)
    }),
  )
})

test.each(['', 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', ' f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff', 'g'.repeat(36)])(
  'parseUuid gives undefined for %j',
  (text) => {
    expect(parseUuid(text)).toBeUndefined()
  },
)
