import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { parseFallback } from './fallback.js'

describe('parseFallback', () => {
  test('treats a URL as a web server', () => {
    expect(parseFallback('https://example.org:8443')).toEqual({
      kind: 'proxy',
      origin: new URL('https://example.org:8443'),
    })
  })

  test('treats all other texts as a folder', () => {
    expect(parseFallback(tmpdir())).toEqual({ kind: 'site', folder: tmpdir() })
  })

  test.each([
    ['/nonexistent/folder', 'no URL and no folder that exists'],
    ['/etc/hostname', 'no URL and no folder that exists'],
    ['ftp://example.org', 'no http:// or https:// URL'],
    ['http://', 'no valid URL'],
    ['http://user:secret@example.org', 'contains credentials'],
    ['http://example.org/path?query', 'has "/path?query" behind it'],
  ])('rejects %s with a RangeError', (place, why) => {
    const parse = (): unknown => parseFallback(place)
    expect(parse).toThrow(RangeError)
    expect(parse).toThrow(why)
  })
})
