import { expect, test } from 'vitest'
import { chromiumHello } from './chromium-hello.js'

const isGrease = (type: number): boolean => (type & 0x0f_0f) === 0x0a_0a && type >> 8 === (type & 0xff)
const typesOf = (): number[] => chromiumHello().extensions.map(({ type }) => type)

test('chromiumHello begins and ends its extensions with GREASE of two kinds', () => {
  for (let draw = 0; draw < 100; draw++) {
    const types = typesOf()
    const grease = types.filter(isGrease)
    expect(grease).toEqual([types.at(0), types.at(-1)])
    expect(new Set(grease).size).toBe(2)
  }
})

test('chromiumHello has the same extensions each time, but for GREASE', () => {
  const known = (): Set<number> => new Set(typesOf().filter((type) => !isGrease(type)))
  expect(known()).toEqual(known())
})

test('chromiumHello draws the order of its extensions', () => {
  const orders = new Set(Array.from({ length: 20 }, () => typesOf().slice(1, -1).join()))
  expect(orders.size).toBeGreaterThan(1)
})

test('chromiumHello lists 28 trust anchors in as many bytes as it says', () => {
  const data = chromiumHello().extensions.find(({ type }) => type === 0xca_34)?.data ?? Buffer.alloc(0)
  let identifiers = 0
  for (let offset = 2; offset < data.length; offset += 1 + (data[offset] ?? 0)) identifiers++
  expect({ bytes: data.length, listBytes: data.readUInt16BE(), identifiers }).toEqual({
    bytes: 186,
    listBytes: 184,
    identifiers: 28,
  })
})
