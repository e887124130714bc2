import { describe, expect, test } from 'vitest'
import { decodeReplyCode, encodeReplyCode, type ReplyCode, replyBytes } from './reply.js'

const codes = Object.keys(replyBytes) as ReplyCode[]

describe('encodeReplyCode', () => {
  test.each(codes)('gives %s a byte of SOCKS5 that decodes to it', (code) => {
    expect(decodeReplyCode(encodeReplyCode(code, 5), 5)).toBe(code)
  })

  test('covers all bytes of RFC 1928 §6, each once', () => {
    expect(codes.map((code) => encodeReplyCode(code, 5)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('says yes in SOCKS4 to success only', () => {
    expect(codes.filter((code) => encodeReplyCode(code, 4) === 0x5a)).toEqual(['succeeded'])
  })

  test('throws a TypeError for a word that is none', () => {
    expect(() => encodeReplyCode('toString' as ReplyCode, 5)).toThrow(TypeError)
  })
})

describe('decodeReplyCode', () => {
  test.each([
    [5, 0x09, 'failed'],
    [5, 0xff, 'failed'],
    [4, 0x5a, 'succeeded'],
    [4, 0x5b, 'failed'],
    [4, 0x5c, 'forbidden'],
    [4, 0x5d, 'forbidden'],
    [4, 0x00, 'failed'],
  ] as const)('version %d, byte %d: %s', (version, byte, code) => {
    expect(decodeReplyCode(byte, version)).toBe(code)
  })
})
