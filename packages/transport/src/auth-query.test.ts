import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAuthQuery, hashToken, parseAuthQuery } from './auth-query.js'

const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const instance = Uint8Array.from({ length: 16 }, (_, index) => index * 17)
const instanceText = '00112233-4455-6677-8899-aabbccddeeff'

const parse = (query: string) => parseAuthQuery(new URLSearchParams(query))

test('hashToken is SHA-256 in lowercase hex', () => {
  expect(hashToken('abc')).toBe(hash)
})

test('hashToken takes the token as UTF-8', () => {
  expect(hashToken('ü')).toBe('607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f')
})

describe('formatAuthQuery', () => {
  const url = new URL('ws://h/socket')

  test('writes token, reverse and instance as deployed servers read them', () => {
    const { search } = formatAuthQuery(url, { token: 'abc', reverse: true, instance })
    expect(search).toBe(`?token=${hash}&reverse=true&instance=${instanceText}`)
  })

  test('writes reverse=false for a forward client', () => {
    expect(formatAuthQuery(url, { token: 'abc' }).searchParams.get('reverse')).toBe('false')
  })

  test('writes only the extensions without a token', () => {
    const { search } = formatAuthQuery(url, { reverse: true, instance, extensions: ['window', 'fin'] })
    expect(decodeURIComponent(search)).toBe('?ext=window,fin')
  })

  test('leaves out an empty list of extensions', () => {
    expect(formatAuthQuery(url, { extensions: [] }).search).toBe('')
  })

  test('keeps the query that was there', () => {
    expect(formatAuthQuery(new URL('ws://h/socket?a=1'), { extensions: ['fin'] }).search).toBe('?a=1&ext=fin')
  })

  test('changes no URL of the caller', () => {
    formatAuthQuery(url, { token: 'abc' })
    expect(url.search).toBe('')
  })

  test.each(['instance', 'resume'] as const)('rejects %s that is not 16 bytes', (name) => {
    expect(() => formatAuthQuery(url, { token: 'abc', [name]: new Uint8Array(15) })).toThrow(
      new RangeError(`${name} must be 16 bytes, got 15`),
    )
  })
})

describe('parseAuthQuery', () => {
  test('finds nothing in an empty query', () => {
    expect(parse('')).toEqual({
      tokenHash: undefined,
      malformedToken: false,
      reverse: false,
      instance: undefined,
      extensions: [],
      resume: undefined,
    })
  })

  test('reads an upper-case hash as lower case', () => {
    expect(parse(`token=${hash.toUpperCase()}`).tokenHash).toBe(hash)
  })

  test.each(['token=', 'token=abc', `token=${hash}0`, `token=${hash.slice(1)}g`])('calls %s malformed', (query) => {
    expect(parse(query)).toMatchObject({ tokenHash: undefined, malformedToken: true })
  })

  test('ignores extensions it does not know', () => {
    expect(parse('ext=future,resume,window').extensions).toEqual(['window', 'resume'])
  })

  test.each(['instance=', 'instance=xyz', `instance=${instanceText}0`, 'instance=0011'])(
    'takes %s for none',
    (query) => {
      expect(parse(query).instance).toBeUndefined()
    },
  )

  test('reads back whatever formatAuthQuery wrote', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const auth = fc.record({
      token: fc.string({ minLength: 1 }),
      reverse: fc.boolean(),
      instance: id,
      extensions: fc.subarray(['window', 'fin', 'resume', 'ack2', 'urgent'] as const),
      resume: id,
    })
    fc.assert(
      fc.property(auth, (auth) => {
        const { searchParams } = formatAuthQuery(new URL('ws://h/socket'), auth)
        expect(parseAuthQuery(searchParams)).toEqual({
          tokenHash: hashToken(auth.token),
          malformedToken: false,
          reverse: auth.reverse,
          instance: auth.instance,
          extensions: auth.extensions,
          resume: auth.resume,
        })
      }),
    )
  })
})
