import { replyWords } from '@ls/foundation'
import { describe, expect, test } from 'vitest'
import { formatProxyStatus, replyForError, replyOfResponse, statusOfReply } from './reply.js'

describe('statusOfReply', () => {
  test('is the table of protocol.md', () => {
    expect(replyWords.map(statusOfReply)).toEqual([502, 502, 502, 504, 502, 403, 503, 503, 502])
  })
})

describe('replyForError', () => {
  test.each([
    ['forbidden', 'forbidden'],
    [{ reply: 'dns', code: 'ECONNREFUSED' }, 'dns'],
    [{ reply: 'nonsense', code: 'ECONNREFUSED' }, 'refused'],
    [{ code: 'ENOTFOUND' }, 'dns'],
    [{ code: 'EHOSTUNREACH' }, 'host-unreachable'],
    [{ code: 'ENETUNREACH' }, 'network-unreachable'],
    [{ name: 'TimeoutError' }, 'timeout'],
    [Object.assign(new Error('x'), { cause: { code: 'ETIMEDOUT' } }), 'timeout'],
    [{ code: 'toString' }, 'failed'],
    [{ reply: 'constructor' }, 'failed'],
    ['text', 'failed'],
    [null, 'failed'],
  ])('of %j is %s', (error, word) => {
    expect(replyForError(error)).toBe(word)
  })
})

describe('replyOfResponse', () => {
  test.each(replyWords)('reads %s back from our own Proxy-Status', (word) => {
    expect(replyOfResponse(statusOfReply(word), formatProxyStatus(word))).toBe(word)
  })

  test.each([
    ['ExampleCDN; error=connection_timeout', 'timeout'],
    ['a, b; error=dns_timeout; rcode="x"', 'dns'],
    ['a; error=destination_ip_prohibited', 'forbidden'],
    ['a; error=unheard_of', 'no-provider'],
    ['a; details="no such word"', 'no-provider'],
    [undefined, 'no-provider'],
  ])('with 503 and %j is %s', (field, word) => {
    expect(replyOfResponse(503, field)).toBe(word)
  })
})
