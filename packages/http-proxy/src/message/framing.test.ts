import { describe, expect, test } from 'vitest'
import { checkTrailers, onwardFields } from './framing.js'

// Newer parsers of Node refuse these before; that of Node 20.19.0 does not.
const notNames = ['', ' ', 'X A', 'X\tA', 'X-A ', 'X:A', 'X\u00e9', 'X\0', 'X(A)', 'X"A"']

describe('onwardFields', () => {
  const fieldsOf = (name: string) => () => onwardFields({ httpVersion: '1.1', rawHeaders: ['Host', 'h', name, 'b'] })

  test.each(notNames)('refuses a field named %j', (name) => {
    expect(fieldsOf(name)).toThrow(`the name of a field is no token: ${JSON.stringify(name)}`)
  })

  test.each(["a!#$%&'*+-.^_`|~9", 'X'])('takes a field named %j', (name) => {
    expect(fieldsOf(name)()).toContain(name)
  })
})

describe('checkTrailers', () => {
  test.each(notNames)('refuses a field named %j', (name) => {
    expect(() => checkTrailers([name, 'b'])).toThrow('the name of a field is no token')
  })

  test.each(['Content-Length', 'transfer-encoding'])('refuses %s', (name) => {
    expect(() => checkTrailers(['X-A', 'b', name, '5'])).toThrow(`the trailers must not have ${name.toLowerCase()}`)
  })

  test('takes other fields', () => {
    expect(() => checkTrailers(['X-Checksum', 'a'])).not.toThrow()
  })
})
