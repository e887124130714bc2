import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventParser } from './event-stream.js'

test('EventParser finds each event, however the stream is cut', () => {
  const word = fc.stringMatching(/^[a-z-]{1,8}$/)
  const events = fc.array(fc.record({ name: word, data: fc.json() }), { maxLength: 5 })
  fc.assert(
    fc.property(events, fc.array(fc.nat(60), { maxLength: 20 }), (sent, cuts) => {
      const text = sent.map(({ name, data }) => `: alive\n\nid: 1\nevent: ${name}\ndata: ${data}\n\n`).join('')
      const parser = new EventParser()
      const found = []
      let at = 0
      for (const length of [...cuts, text.length]) {
        found.push(...parser.push(text.slice(at, at + length)))
        at += length
      }
      expect(found).toEqual(sent)
    }),
  )
})

test('EventParser joins lines of data', () => {
  expect(new EventParser().push('data: a\ndata: b\n\n')).toEqual([{ name: 'message', data: 'a\nb' }])
})

test('EventParser gives up an event that does not end', () => {
  expect(() => new EventParser().push(`data: ${'x'.repeat(1_000_001)}`)).toThrow(RangeError)
})
