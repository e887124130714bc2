import { describe, expect, test } from 'vitest'
import { Rates } from './rates.js'

const at = (key: object, bytes: number, openedAtMs = 0) => ({
  key,
  openedAtMs,
  bytesToTarget: bytes,
  bytesFromTarget: 2 * bytes,
})

describe('Rates', () => {
  const key = {}

  test('has no speed at the first request', () => {
    const rates = new Rates()
    rates.measure([at(key, 100)], 5000)
    expect(rates.of(key)).toBeUndefined()
  })

  test('knows the speed between two looks', () => {
    const rates = new Rates()
    rates.measure([at(key, 100)], 5000)
    rates.measure([at(key, 300)], 7000)
    expect(rates.of(key)).toEqual({ toTarget: 100, fromTarget: 200 })
  })

  test('counts what began since the last look from its beginning', () => {
    const rates = new Rates()
    rates.measure([], 5000)
    rates.measure([at(key, 1000, 6000)], 7000)
    expect(rates.of(key)).toEqual({ toTarget: 1000, fromTarget: 2000 })
  })

  test('shares one measurement between looks that are close together', () => {
    const rates = new Rates()
    rates.measure([at(key, 0)], 5000)
    rates.measure([at(key, 100)], 6000)
    rates.measure([at(key, 100_000)], 6100)
    expect(rates.of(key)).toEqual({ toTarget: 100, fromTarget: 200 })
  })

  test('says nothing of a time too long ago', () => {
    const rates = new Rates()
    rates.measure([at(key, 0)], 5000)
    rates.measure([at(key, 100)], 16_000)
    expect(rates.of(key)).toBeUndefined()
  })
})
