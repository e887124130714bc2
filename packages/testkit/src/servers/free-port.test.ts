import { expect, test } from 'vitest'
import { freePort } from './free-port.js'

async function ports(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) found.push(await freePort())
  return found
}

test('freePort gives 500 different ports', async () => {
  expect(new Set(await ports(500)).size).toBe(500)
})

test('freePort gives none that the system may take for a connection', async () => {
  expect(Math.max(...(await ports(100)))).toBeLessThan(32_768)
})
