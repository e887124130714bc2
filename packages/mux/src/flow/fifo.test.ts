import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from './fifo.js'

test('Fifo behaves as an array used as a queue, whatever the order of calls', () => {
  const call = fc.oneof(
    { weight: 5, arbitrary: fc.constant('push' as const) },
    { weight: 4, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constantFrom('replace' as const, 'replaceLast' as const, 'clear' as const) },
  )
  fc.assert(
    fc.property(fc.array(call, { maxLength: 400, size: 'max' }), (calls) => {
      const fifo = new Fifo<number>()
      const twin: number[] = []
      calls.forEach((name, number) => {
        if (name === 'push') fifo.push(number)
        if (name === 'push') twin.push(number)
        const [taken, expected] = name === 'shift' ? [fifo.shift(), twin.shift()] : [0, 0]
        if (name === 'clear') fifo.clear()
        if (name === 'clear') twin.length = 0
        if (name === 'replace' && twin.length > 0) fifo.replaceHead(-number)
        if (name === 'replace' && twin.length > 0) twin[0] = -number
        if (name === 'replaceLast' && twin.length > 0) fifo.replaceLast(-number)
        if (name === 'replaceLast' && twin.length > 0) twin[twin.length - 1] = -number
        expect({ taken, fifo: fifo.length, peek: fifo.peek() }).toEqual({
          taken: expected,
          fifo: twin.length,
          peek: twin[0],
        })
      })
      expect(Array.from({ length: twin.length + 1 }, (_, index) => fifo.at(index))).toEqual([...twin, undefined])
    }),
  )
})

test('Fifo.at gives undefined for a negative index', () => {
  const fifo = new Fifo<number>()
  fifo.push(1)
  expect(fifo.at(-1)).toBeUndefined()
})
