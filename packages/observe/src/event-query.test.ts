import { describe, expect, test } from 'vitest'
import { parseEventQuery, wants } from './event-query.js'

const read = (text: string) => parseEventQuery(new URLSearchParams(text))

describe('parseEventQuery', () => {
  test('reads all parts', () => {
    expect(read('kinds=link,drain&token=t&client=1.2.3.4&target=Example&snapshot=5s')).toEqual({
      kinds: ['link', 'drain'],
      token: 't',
      client: '1.2.3.4',
      target: 'example',
      snapshotSeconds: 5,
    })
  })

  test.each(['kinds=links', 'snapshot=1', 'snapshot=0s', 'snapshot=61s', 'snapshot=1m', 'x=1'])(
    'refuses %s',
    (text) => {
      expect(() => read(text)).toThrow(RangeError)
    },
  )
})

describe('wants', () => {
  const opened = {
    name: 'connection-opened',
    data: { token_id: 't', client_address: '1.2.3.4', target: 'Example.org:443' },
  } as const
  const drain = { name: 'drain', data: {} } as const

  test.each(['', 'kinds=connection', 'token=t', 'client=1.2.3.4', 'target=example.ORG'])('%s takes it', (text) => {
    expect(wants(read(text), opened)).toBe(true)
  })

  test.each(['kinds=link', 'token=u', 'client=1.2.3.5', 'target=example.com'])('%s leaves it out', (text) => {
    expect(wants(read(text), opened)).toBe(false)
  })

  test('an event of the whole server passes any choice of clients', () => {
    expect(wants(read('token=u&client=1.2.3.5&target=x'), drain)).toBe(true)
  })

  test('a connection without a target is left out where one is wanted', () => {
    expect(wants(read('target=x'), { ...opened, data: { target: null } })).toBe(false)
  })
})
