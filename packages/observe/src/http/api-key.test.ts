import { describe, expect, test } from 'vitest'
import { apiKeyCheck } from './api-key.js'

describe('apiKeyCheck', () => {
  test('accepts the key', () => {
    expect(apiKeyCheck('sekret')('sekret')).toBe(true)
  })

  test.each([undefined, '', 'sekre', 'sekret ', 'sekretsekret', 'SEKRET', 'sekret, sekret'])('refuses %j', (header) => {
    expect(apiKeyCheck('sekret')(header)).toBe(false)
  })

  test('accepts a key beyond ASCII as its UTF-8 bytes, which Node reads as Latin-1', () => {
    expect(apiKeyCheck('clé')(Buffer.from('clé').toString('latin1'))).toBe(true)
  })
})
