import { afterEach, describe, expect, test } from 'vitest'
import { dispose, markDisposable } from './disposable.js'

/** As a socket reads it: the whole of its memory. */
const chunk = (bytes = 65_536): Uint8Array => new Uint8Array(bytes)

const transfer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer')!

afterEach(() => {
  // oxlint-disable-next-line no-extend-native -- puts back what a test took away.
  Object.defineProperty(ArrayBuffer.prototype, 'transfer', transfer)
})

describe('markDisposable', () => {
  test.each([
    ['a whole chunk', chunk(), true],
    ['a whole chunk of 16 KiB', chunk(16_384), true],
    ['a shorter one', chunk(16_383), false],
    ['the start of a chunk', chunk().subarray(0, 65_535), false],
    ['the end of a chunk', chunk().subarray(1), false],
    ['memory that is shared', new Uint8Array(new SharedArrayBuffer(65_536)), false],
    ['nothing', chunk(0), false],
  ])('takes or refuses %s', (_title, bytes, expected) => {
    expect(markDisposable(bytes)).toBe(expected)
  })

  test('refuses everything where Node has no ArrayBuffer.prototype.transfer', () => {
    delete (ArrayBuffer.prototype as { transfer?: unknown }).transfer
    expect(markDisposable(chunk())).toBe(false)
  })
})

describe('dispose', () => {
  test('frees what was declared disposable', () => {
    const bytes = chunk()
    markDisposable(bytes)
    dispose(bytes)
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0])
  })

  test('frees the whole by its last part', () => {
    const bytes = chunk()
    markDisposable(bytes)
    dispose(bytes.subarray(60_000))
    expect(bytes.buffer.byteLength).toBe(0)
  })

  test('leaves what was not declared disposable', () => {
    const bytes = chunk()
    dispose(bytes)
    expect(bytes.length).toBe(65_536)
  })

  test('leaves what was refused', () => {
    const part = chunk().subarray(1)
    markDisposable(part)
    dispose(part)
    expect(part.length).toBe(65_535)
  })

  test('does nothing a second time', () => {
    const bytes = chunk()
    markDisposable(bytes)
    dispose(bytes)
    expect(() => dispose(bytes)).not.toThrow()
  })

  test('leaves other chunks as they are', () => {
    const [one, other] = [chunk(), chunk().fill(7)]
    for (const each of [one, other]) markDisposable(each)
    dispose(one)
    expect([other.length, other.every((byte) => byte === 7)]).toEqual([65_536, true])
  })
})
