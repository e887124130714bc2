import { expect, test } from 'vitest'
import { SharedPath } from './shared-path.js'

const own = (): number => 100_000
const other = (): number => 50_000

test('SharedPath.beside has the bytes of the other sessions', () => {
  const path = new SharedPath()
  for (const bytesOf of [own, other, () => 40_000]) path.join(bytesOf)
  expect(path.beside(own)).toEqual({ links: 2, bytes: 90_000 })
})

test('SharedPath.beside leaves out sessions without bulk', () => {
  const path = new SharedPath()
  for (const bytesOf of [own, () => 32_767]) path.join(bytesOf)
  expect(path.beside(own)).toEqual({ links: 0, bytes: 0 })
})

test('SharedPath.beside leaves out a session that has lost its transport', () => {
  const path = new SharedPath()
  for (const bytesOf of [own, other]) path.join(bytesOf)
  path.leave(other)
  expect(path.beside(own)).toEqual({ links: 0, bytes: 0 })
})
