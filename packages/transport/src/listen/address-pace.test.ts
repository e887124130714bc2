import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { AddressPace } from './address-pace.js'

function countMany(pace: AddressPace, jobs: number, group: string): void {
  for (let job = 0; job < jobs; job++) pace.count(group)
}

test('AddressPace.restMs is 0 until an address had the jobs of a second, then the time until the next one', () => {
  const pace = new AddressPace({ clock: new FakeClock(), jobsPerSecond: 4 })
  countMany(pace, 3, 'flood')
  const before = pace.restMs('flood')
  pace.count('flood')
  expect({ before, restMsFlood: pace.restMs('flood'), restMsAnother: pace.restMs('another') }).toEqual({
    before: 0,
    restMsFlood: 250,
    restMsAnother: 0,
  })
})

test('AddressPace allows no more jobs after a long pause than after a second', () => {
  const clock = new FakeClock()
  const pace = new AddressPace({ clock, jobsPerSecond: 4 })
  pace.count('flood')
  clock.advance(60_000)
  countMany(pace, 4, 'flood')
  expect(pace.restMs('flood')).toBe(250)
})

test('AddressPace.uncount frees the place of a job', () => {
  const pace = new AddressPace({ clock: new FakeClock(), jobsPerSecond: 4 })
  countMany(pace, 4, 'client')
  pace.uncount('client')
  expect(pace.restMs('client')).toBe(0)
})

test('AddressPace forgets addresses that owe nothing', () => {
  const clock = new FakeClock()
  const pace = new AddressPace({ clock, jobsPerSecond: 4 })
  for (let address = 0; address < 100; address++) pace.count(`192.0.2.${address}`)
  clock.advance(1000)
  pace.count('another')
  expect(pace.size).toBe(1)
})
