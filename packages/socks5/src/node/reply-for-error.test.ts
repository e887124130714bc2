import { describe, expect, test } from 'vitest'
import { SocksError } from '../errors.js'
import { replyForError } from './reply-for-error.js'

const errno = (code: string) => Object.assign(new Error(code), { code })

describe('replyForError', () => {
  test.each([
    [errno('ECONNREFUSED'), 'refused'],
    [errno('ENOTFOUND'), 'host-unreachable'],
    [errno('ENETUNREACH'), 'network-unreachable'],
    [errno('ETIMEDOUT'), 'timeout'],
    [errno('EACCES'), 'forbidden'],
    [errno('EWHATEVER'), 'failed'],
    [new Error('no code'), 'failed'],
    ['no error at all', 'failed'],
    [new SocksError('ERR_SOCKS_REFUSED_BY_PROXY', '', { reply: 'forbidden' }), 'forbidden'],
    [new SocksError('ERR_SOCKS_TIMEOUT', ''), 'timeout'],
    [new SocksError('ERR_SOCKS_ADDRESS_TYPE', ''), 'address-unsupported'],
    [new SocksError('ERR_SOCKS_UNREACHABLE', '', { cause: errno('EHOSTUNREACH') }), 'host-unreachable'],
    [new SocksError('ERR_SOCKS_CLOSED', ''), 'failed'],
  ])('maps %s to %s', (error, reply) => {
    expect(replyForError(error)).toBe(reply)
  })
})
