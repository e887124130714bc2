import { describe, expect, test } from 'vitest'
import { ChannelSlots } from './channel-slots.js'

describe('ChannelSlots', () => {
  test('take throws an error that names the limit once all are in use', () => {
    const slots = new ChannelSlots({ limit: 2, what: 'channels of this token (--max-token-channels)' })
    slots.take()
    slots.take()
    expect(() => slots.take()).toThrow('busy: the limit of 2 channels of this token (--max-token-channels) is reached')
  })

  test('the function that take returns frees one slot, once', () => {
    const slots = new ChannelSlots({ limit: 2, what: 'channels' })
    const release = slots.take()
    slots.take()
    release()
    release()
    expect(slots.used).toBe(1)
  })

  test('occupy counts slots in use already, and check then throws the error that take would', () => {
    const slots = new ChannelSlots({ limit: 1, what: 'connections' })
    slots.occupy()
    slots.check()
    slots.occupy()
    expect(() => slots.check()).toThrow('busy: the limit of 1 connections is reached')
  })

  test('check looks at the limit above as well', () => {
    const parent = new ChannelSlots({ limit: 1, what: 'channels of the server' })
    const [first, second] = [0, 1].map(() => new ChannelSlots({ limit: 9, what: 'channels', parent }))
    first?.occupy()
    second?.occupy()
    expect(() => second?.check()).toThrow('the limit of 1 channels of the server')
  })

  test('take needs room above as well, and takes nothing without it', () => {
    const parent = new ChannelSlots({ limit: 1, what: 'channels of the server' })
    const [first, second] = [0, 1].map(() => new ChannelSlots({ limit: 9, what: 'channels', parent }))
    const release = first?.take()
    expect(() => second?.take()).toThrow('the limit of 1 channels of the server')
    release?.()
    expect({ first: first?.used, second: second?.used, parent: parent.used }).toEqual({
      first: 0,
      second: 0,
      parent: 0,
    })
  })
})

test('ChannelSlots.occupy takes nothing from others past its own limit', () => {
  const all = new ChannelSlots({ limit: 3, what: 'channels of all' })
  const [greedy, other] = ['greedy', 'other'].map((what) => new ChannelSlots({ limit: 2, what, parent: all }))
  const releases = Array.from({ length: 10 }, () => greedy?.occupy())
  const used = all.used
  other?.take()
  for (const release of releases) release?.()
  expect({ used, all: all.used, greedy: greedy?.used }).toEqual({ used: 2, all: 1, greedy: 0 })
})
