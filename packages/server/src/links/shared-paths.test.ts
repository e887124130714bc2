import { expect, test } from 'vitest'
import { SharedPaths } from './shared-paths.js'

test('SharedPaths gives sessions of a process the same path', () => {
  const paths = new SharedPaths()
  expect(paths.join('a')).toBe(paths.join('a'))
})

test('SharedPaths gives another process a path of its own', () => {
  const paths = new SharedPaths()
  expect(paths.join('a')).not.toBe(paths.join('b'))
})

test('SharedPaths keeps a path while a session of its process is left', () => {
  const paths = new SharedPaths()
  const path = paths.join('a')
  paths.join('a')
  paths.leave('a')
  expect(paths.join('a')).toBe(path)
})

test('SharedPaths forgets a process without sessions', () => {
  const paths = new SharedPaths()
  const path = paths.join('a')
  paths.leave('a')
  expect(paths.join('a')).not.toBe(path)
})
