import { describe, expect, test } from 'vitest'
import { LinkOrigins } from './link-origins.js'

describe('LinkOrigins', () => {
  test('lets all pages open links where none is named', () => {
    expect(new LinkOrigins([]).refusalOf({ headers: { origin: 'https://any.example' } })).toBeUndefined()
  })

  test.each([
    ['a page that is named', { origin: 'https://app.example' }],
    ['a page of the port itself', { origin: 'https://ls.example', host: 'ls.example' }],
    ['a program', {}],
  ])('lets %s open links', (_, headers) => {
    expect(new LinkOrigins(['https://app.example']).refusalOf({ headers })).toBeUndefined()
  })

  test('refuses another page, and names the flag', () => {
    const headers = { origin: 'https://evil.example', host: 'ls.example' }
    expect(new LinkOrigins(['https://app.example']).refusalOf({ headers })).toContain('--allow-origin')
  })
})
