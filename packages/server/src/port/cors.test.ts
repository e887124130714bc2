import { AllowedOrigins } from '@ls/transport'
import { describe, expect, test } from 'vitest'
import { corsHeaders, preflightHeaders } from './cors.js'

const allowOrigins = new AllowedOrigins(['https://app.example'])
const secret = { path: '/api/status', methods: {} }
const open = { path: '/api/health', isPublic: true as const, methods: {} }

describe('corsHeaders', () => {
  test('lets a page that is named read the answer', () => {
    const headers = corsHeaders({ headers: { origin: 'https://app.example' }, route: secret, allowOrigins })
    expect(headers).toEqual({ 'access-control-allow-origin': 'https://app.example', vary: 'origin' })
  })

  test('lets no other page read it', () => {
    expect(corsHeaders({ headers: { origin: 'https://evil.example' }, route: secret, allowOrigins })).toEqual({})
  })

  test('lets any page read what is public', () => {
    const headers = corsHeaders({ headers: { origin: 'https://evil.example' }, route: open, allowOrigins })
    expect(headers).toEqual({ 'access-control-allow-origin': '*' })
  })

  test('says nothing to programs', () => {
    expect(corsHeaders({ headers: {}, route: open, allowOrigins })).toEqual({})
  })
})

describe('preflightHeaders', () => {
  const asking = { 'access-control-request-method': 'POST' }

  test('names methods and headers to a page that is named', () => {
    const request = { headers: { ...asking, origin: 'https://app.example' }, route: secret, allowOrigins }
    expect(preflightHeaders(request, 'POST, OPTIONS')).toMatchObject({
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': expect.stringContaining('x-api-key') as string,
    })
  })

  test.each([
    ['another page', { ...asking, origin: 'https://evil.example' }],
    ['a browser that does not ask', { origin: 'https://app.example' }],
  ])('has nothing for %s', (_, headers) => {
    expect(preflightHeaders({ headers, route: secret, allowOrigins }, 'POST')).toBeUndefined()
  })
})
