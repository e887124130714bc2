import { describe, expect, test } from 'vitest'
import { wsHeader } from '../../testing/ws-frame.js'
import {
  binaryMessage,
  headerBytes,
  headerBytesOf,
  isMasked,
  maxHeaderBytes,
  readPayloadBytes,
  writeHeader,
} from './frame-header.js'

const key = Uint8Array.of(1, 2, 3, 4)

/** Lengths at which the header changes its form (RFC 6455 §5.2), and beyond 32 bits. */
const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 32 + 5]

describe.each([
  ['unmasked', undefined],
  ['masked', key],
])('The header of a message, %s,', (_name, key) => {
  test.each(sizes)('is what ws writes: %i bytes', (size) => {
    const header = new Uint8Array(headerBytes(size, key !== undefined))
    writeHeader(header, 0, size, key)
    expect(Buffer.from(header).toString('hex')).toBe(wsHeader(size, key).toString('hex'))
  })

  test.each(sizes)('is read back at any offset: %i bytes', (size) => {
    const memory = new Uint8Array(40).fill(0xff)
    writeHeader(memory, 7, size, key)
    const [first, second] = [memory[7], memory[8]!]
    expect({
      first,
      masked: isMasked(second),
      bytes: headerBytesOf(second),
      payloadBytes: readPayloadBytes(memory, 7),
    }).toEqual({
      first: binaryMessage,
      masked: key !== undefined,
      bytes: headerBytes(size, key !== undefined),
      payloadBytes: size,
    })
  })

  test.each(sizes)('changes nothing around it: %i bytes', (size) => {
    const memory = new Uint8Array(40).fill(0xff)
    writeHeader(memory, 7, size, key)
    const end = 7 + headerBytes(size, key !== undefined)
    const around = Buffer.concat([memory.subarray(0, 7), memory.subarray(end)])
    expect(around).toEqual(Buffer.alloc(around.length, 0xff))
  })
})

test('maxHeaderBytes holds any header', () => {
  expect(Math.max(...sizes.map((size) => headerBytes(size, true)))).toBe(maxHeaderBytes)
})

test.each([
  ['125 in two bytes', [0x82, 126, 0, 125], 125],
  ['5 in eight bytes', [0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5], 5],
  ['more than a number holds exactly', [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255], 2 ** 64],
])('readPayloadBytes reads %s', (_title, header, expected) => {
  expect(readPayloadBytes(Uint8Array.from(header), 0)).toBe(expected)
})
