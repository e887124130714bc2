import fc from 'fast-check'
import { test } from 'vitest'
import { isoTime } from './iso-time.js'

const time = fc.date({ min: new Date('0000-01-01T00:00Z'), max: new Date('9999-12-31T23:59Z'), noInvalidDate: true })

test('isoTime formats a time as toISOString does', () => {
  fc.assert(fc.property(time, (at) => isoTime(at.getTime()) === at.toISOString()))
})
