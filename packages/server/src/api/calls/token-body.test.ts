import { ApiRefusal } from '@ls/observe/http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTokenBody, type TokenBody } from './token-body.js'

describe('parseTokenBody', () => {
  test('reads every field', () => {
    const body = {
      type: 'reverse',
      token: 't',
      port: 9870,
      username: 'ada',
      password: 'secret',
      reverse_token: 'r',
      allow_manage_connector: true,
      ports: '2222,4000-4100',
    }
    expect(parseTokenBody(JSON.stringify(body))).toEqual({
      type: 'reverse',
      token: 't',
      port: 9870,
      username: 'ada',
      password: 'secret',
      reverseToken: 'r',
      allowManageConnector: true,
      ports: '2222,4000-4100',
    })
  })

  test('treats null and zero values as absent, and ignores unknown fields', () => {
    expect(parseTokenBody('{"token":"","port":0,"username":null,"allow_manage_connector":false,"x":1}')).toEqual({})
  })

  test.each([
    ['{"ports":""}', { ports: '' }],
    ['{"ports":null}', {}],
  ])('tells no ports from those of the server: %s', (text, body) => {
    expect(parseTokenBody(text)).toEqual(body)
  })

  test.each(['', '{', '{}x', "{'type':1}"])('refuses %j in the words of deployed servers', (text) => {
    expect(() => parseTokenBody(text)).toThrow(new ApiRefusal(400, 'invalid request body'))
  })

  test.each(['[]', '1', 'null', '"x"'])('refuses %s, which is no object', (text) => {
    expect(() => parseTokenBody(text)).toThrow('invalid request body: it must be a JSON object')
  })

  test.each([
    ['{"token":1}', 'token must be a string'],
    ['{"port":"1"}', 'port must be a whole number'],
    ['{"port":1.5}', 'port must be a whole number'],
    ['{"allow_manage_connector":1}', 'allow_manage_connector must be true or false'],
    ['{"reverse_token":{}}', 'reverse_token must be a string'],
  ])('refuses %s and names the field', (text, fault) => {
    expect(() => parseTokenBody(text)).toThrow(`invalid request body: ${fault}`)
  })

  test('never shows a value', () => {
    expect(() => parseTokenBody('{"password":["hunter2"]}')).not.toThrow(/hunter2/)
  })

  test('reads no field off the prototype', () => {
    expect(parseTokenBody('{"__proto__":{"token":"t"}}')).toEqual({})
  })

  test('gives fields of the right type or an ApiRefusal, whatever comes', () => {
    const name = fc.constantFrom('type', 'token', 'port', 'username', 'password', 'reverse_token', 'other')
    const object = fc.dictionary(name, fc.jsonValue()).map((body) => JSON.stringify(body))
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), object), (text) => {
        const { token, port } = parseOrRefuse(text)
        return (token === undefined || typeof token === 'string') && (port === undefined || Number.isInteger(port))
      }),
    )
  })
})

/** Undefined for a refused body; any other error fails the test. */
function parseOrRefuse(text: string): TokenBody {
  try {
    return parseTokenBody(text)
  } catch (error) {
    if (error instanceof ApiRefusal) return {}
    throw error
  }
}
