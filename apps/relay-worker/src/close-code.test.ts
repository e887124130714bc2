import { expect, test } from 'vitest'
import { closeCode } from './close-code.js'

test.each([1000, 1002, 1008, 1014, 3000, 4000, 4999])('closeCode keeps %d', (code) => {
  expect(closeCode(code)).toBe(code)
})

test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000])('closeCode replaces %d', (code) => {
  expect(closeCode(code)).toBe(1000)
})
