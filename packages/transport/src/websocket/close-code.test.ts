import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closeFrame, closeReason } from './close-code.js'

const limit = 1000

describe('closeFrame', () => {
  test.each([1000, 1001, 1003, 1011, 3000, 4999])('keeps code %d', (code) => {
    expect(closeFrame({ code, reason: '' }).code).toBe(code)
  })

  test.each([
    [1005, 1000],
    [1006, 1011],
    [1015, 1011],
    [1004, 1011],
    [2999, 1011],
    [5000, 1011],
    [0, 1011],
    [4000.5, 1011],
    [Number.NaN, 1011],
  ])('sends %d, which may not be sent, as %d', (code, sent) => {
    expect(closeFrame({ code, reason: '' }).code).toBe(sent)
  })

  test('cuts the text at 123 bytes', () => {
    expect(closeFrame({ code: 1000, reason: 'x'.repeat(200) }).text.length).toBe(123)
  })

  test('cuts any text to its longest start that is valid UTF-8 and fits', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (reason) => {
        const { text } = closeFrame({ code: 1000, reason })
        expect(text.length).toBeLessThanOrEqual(123)
        expect(text.length).toBeGreaterThanOrEqual(Math.min(Buffer.byteLength(reason), 120))
        expect(Buffer.from(reason).toString().startsWith(decoder.decode(text))).toBe(true)
      }),
    )
  })
})

describe('closeReason', () => {
  test("keeps the peer's code and text", () => {
    expect(closeReason(4001, 'moving', undefined, limit)).toEqual({ code: 4001, reason: 'moving' })
  })

  test.each([
    [1001, 'going away'],
    [1005, 'closed without a reason'],
    [4242, 'closed with code 4242'],
  ])('gives a silent %d words', (code, reason) => {
    expect(closeReason(code, '', undefined, limit).reason).toBe(reason)
  })

  test("lets no control characters of the peer's text into a log", () => {
    expect(closeReason(1000, 'a\r\nb\u001b[31mc', undefined, limit).reason).toBe('a b [31mc')
  })

  test('reports an end without close message as such', () => {
    expect(closeReason(1006, '', undefined, limit)).toMatchObject({
      code: 1006,
      reason: 'connection ended without a close message',
      cause: { code: 'ERR_TRANSPORT_CONNECTION_LOST' },
    })
  })

  test('keeps the error behind a lost connection', () => {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    expect(closeReason(1006, '', error, limit)).toMatchObject({
      reason: 'connection lost: read ECONNRESET',
      cause: { code: 'ERR_TRANSPORT_CONNECTION_LOST', cause: error },
    })
  })
})
