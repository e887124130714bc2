import { expect, test } from 'vitest'
import { relayHealth } from './health.js'

test('relayHealth shows each limit, and takes clients while all have room', () => {
  expect(relayHealth({ limits: { links: { used: 2, limit: 3 } }, isOpen: true, nowMs: 0 })).toMatchObject({
    status: 'ok',
    active: true,
    checkedAt: '1970-01-01T00:00:00.000Z',
    checks: { links: { ok: true, used: 2, limit: 3 } },
  })
})

test.each([
  ['at a limit', 3, true],
  ['while it does not listen', 2, false],
])('relayHealth is not active %s', (_when, used, isListening) => {
  expect(relayHealth({ limits: { links: { used, limit: 3 } }, isOpen: isListening, nowMs: 0 })).toMatchObject({
    status: 'full',
    active: false,
  })
})
