import { ApiRefusal } from '@ls/observe/http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTicketBody } from './tickets.js'

describe('parseTicketBody', () => {
  test('reads every field, and seconds as milliseconds', () => {
    const body = { token: 't', allow: ['a:1'], deny: [':25'], origin: 'https://a.example', use_within: 5, lifetime: 60 }
    expect(parseTicketBody(JSON.stringify(body))).toEqual({
      token: 't',
      allow: ['a:1'],
      deny: [':25'],
      origin: 'https://a.example',
      useWithinMs: 5000,
      lifetimeMs: 60_000,
    })
  })

  test.each([
    ['{}', 'token is missing'],
    ['{"token":"t","lifetme":1}', 'lifetme is no key here'],
    ['{"token":"t","lifetime":0}', 'lifetime is 0; it must be a whole number from 1'],
    ['{"token":"t","allow":"a:1"}', 'allow must be a list'],
    ['[]', 'it must be a JSON object'],
  ])('refuses %s and names the field', (text, fault) => {
    expect(() => parseTicketBody(text)).toThrow(`invalid request body: ${fault}`)
  })

  test('gives a request or an ApiRefusal, whatever comes', () => {
    const name = fc.constantFrom('token', 'allow', 'deny', 'origin', 'use_within', 'lifetime')
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), (body) => {
        try {
          return typeof parseTicketBody(JSON.stringify(body)).token === 'string'
        } catch (error) {
          return error instanceof ApiRefusal
        }
      }),
    )
  })
})
