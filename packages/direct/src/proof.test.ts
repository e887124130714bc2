import { loadVectors } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Proof } from './proof.js'

interface DirectVector {
  readonly name: string
  readonly token: string
  readonly secret: string
  readonly array: readonly (string | number)[]
  readonly mac: string
}

const vectors = loadVectors('direct.json') as readonly DirectVector[]

describe('Proof gives the MAC of', () => {
  test.each(vectors)('$name', ({ token, secret, array, mac }) => {
    expect(new Proof({ token, secret }).mac(array)).toBe(mac)
  })
})

test.each(['', 'zz', '00'])('Proof takes no MAC "%s"', (mac) => {
  expect(new Proof({ token: 'code' }).fits(mac, ['hello'])).toBe(false)
})
