import { expect, test } from 'vitest'
import { Inbound } from '../inbound/inbound.js'
import { Outbound } from '../outbound/outbound.js'
import { checkPayloadOptions, type PayloadOptions } from './payload-options.js'

test.each<PayloadOptions>([
  {},
  { batching: 'off' },
  { batching: 'adaptive', batchingTimeLimits: { minDelayMs: 5, maxDelayMs: 50 } },
  { compressionThresholdBytes: 0 },
])('checkPayloadOptions takes %o', (options) => {
  expect(() => checkPayloadOptions(options)).not.toThrow()
})

test.each<[string, PayloadOptions]>([
  ["batching is 'fast'; it must be one of auto, adaptive, off", { batching: 'fast' as 'off' }],
  ['maxDelayMs must be from 0 to 60000, it is 60001', { batchingTimeLimits: { maxDelayMs: 60_001 } }],
  ['compressionThresholdBytes is -1', { compressionThresholdBytes: -1 }],
  ['compressionThresholdBytes is 0.5', { compressionThresholdBytes: 0.5 }],
])('checkPayloadOptions says: %s', (text, options) => {
  expect(() => checkPayloadOptions(options)).toThrow(text)
})

test('Outbound checks its payload options when it is made', () => {
  expect(() => new Outbound({ compressionThresholdBytes: -1 })).toThrow(RangeError)
})

test('Inbound checks its payload options when it is made', () => {
  const pick = () => Promise.reject(new Error('none'))
  expect(() => new Inbound({ port: 0, pick, compressionThresholdBytes: -1 })).toThrow(RangeError)
})
