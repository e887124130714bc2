import { describe, expect, test } from 'vitest'
import { isReplyWord, replyOfErrno, replyWords } from './reply-words.js'

describe('replyOfErrno', () => {
  test.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'refused'],
    ['EADDRNOTAVAIL', 'network-unreachable'],
    ['ENETUNREACH', 'network-unreachable'],
    ['EHOSTDOWN', 'host-unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['EAI_NODATA', 'dns'],
    ['ESERVFAIL', 'dns'],
    ['EPERM', 'forbidden'],
  ])('knows %s as %s', (code, word) => {
    expect(replyOfErrno(code)?.word).toBe(word)
  })

  test.each(['EWHATEVER', 'toString', '', undefined, 7])('knows nothing of %j', (code) => {
    expect(replyOfErrno(code)).toBeUndefined()
  })
})

test.each(replyWords)('isReplyWord knows %s', (word) => {
  expect(isReplyWord(word)).toBe(true)
})

test.each(['constructor', '', undefined, null])('isReplyWord refuses %j', (value) => {
  expect(isReplyWord(value)).toBe(false)
})
