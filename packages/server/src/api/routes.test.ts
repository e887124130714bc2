import { describe, expect, test } from 'vitest'
import { findRoute, isApiPath } from './routes.js'

describe('findRoute', () => {
  test.each([
    ['/api/status', '/api/status', ''],
    ['/api/token', '/api/token', ''],
    ['/api/token/', '/api/token/{token}', ''],
    ['/api/token/abc', '/api/token/{token}', 'abc'],
    ['/api/token/a%20b%2Fc', '/api/token/{token}', 'a b/c'],
    ['/api/token/a/b', '/api/token/{token}', 'a/b'],
    ['/api/channels/x', '/api/channels/{id}', 'x'],
  ])('takes %s for %s with "%s"', (path, route, parameter) => {
    expect(findRoute(path)).toMatchObject({ route: { path: route }, parameter })
  })

  test.each(['/api', '/api/', '/api/nothing', '/api/status/', '/api/tokenz', '/API/status'])('knows no %s', (path) => {
    expect(findRoute(path)).toBeUndefined()
  })

  test.each(['/api/token/%', '/api/token/%zz', '/api/token/%ff'])('refuses %s', (path) => {
    expect(() => findRoute(path)).toThrow('the path is not valid')
  })
})

test.each([
  ['/api', true],
  ['/api/', true],
  ['/api/x', true],
  ['/apix', false],
  ['/', false],
  ['/socket', false],
])('isApiPath takes %s for %s', (path, expected) => {
  expect(isApiPath(path)).toBe(expected)
})
