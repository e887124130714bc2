import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusals } from './refusals.js'

describe('Refusals', () => {
  let clock: FakeClock
  let lines: string[]
  let refusals: Refusals

  beforeEach(() => {
    clock = new FakeClock()
    lines = []
    const logger = { ...silentLogger, info: (_fields: object, text = '') => void lines.push(text) }
    refusals = new Refusals({ clock, logger })
  })

  test('counts each kind', () => {
    refusals.add('tls', '192.0.2.1', 'bad')
    refusals.add('tls', '192.0.2.1', 'bad')
    refusals.add('upgrade', undefined, 'worse')
    expect(refusals.counts).toEqual({
      full: 0,
      'proxy-header': 0,
      tls: 2,
      silent: 0,
      'bad-request': 0,
      'head-size': 0,
      upgrade: 1,
    })
  })

  test('logs one line per kind and minute, with how many there were', () => {
    for (let count = 0; count < 1000; count++) refusals.add('tls', '192.0.2.1', 'bad')
    refusals.add('silent', '192.0.2.1', 'nothing')
    clock.advance(60_000)
    refusals.add('tls', '192.0.2.2', 'bad again')
    expect(lines).toEqual([
      'refused a connection: bad',
      'refused a connection: nothing',
      'refused 1000 connections: bad again',
    ])
  })
})
