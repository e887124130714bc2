import { PassThrough } from 'node:stream'
import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { EventHub, heartbeatMs, keepMs, maxReaders } from './event-hub.js'
import { parseEventQuery } from './event-query.js'
import { maxReaderBytes, stuckReaderMs } from './event-reader.js'
import { maxRecordedEvents } from './event-ring.js'

let clock: FakeClock
let hub: EventHub
let snapshots: number

beforeEach(() => {
  clock = new FakeClock()
  snapshots = 0
  hub = new EventHub({ clock, snapshot: () => ({ number: ++snapshots }) })
})

const drain = (number: number) => ({ name: 'drain', data: { number } }) as const

/** A reader with room for more than the queue. */
function read(query = '', lastId?: string) {
  const stream = new PassThrough({ highWaterMark: maxReaderBytes * 2 })
  hub.add(stream, parseEventQuery(new URLSearchParams(query)), lastId)
  return { stream, taken: () => taken(stream) }
}

/** Text since the last call. A newer Node reads one chunk at a time. */
function taken(stream: PassThrough): string {
  let text = ''
  for (;;) {
    const chunk = stream.read() as Buffer | null
    if (chunk === null) return text
    text += chunk.toString()
  }
}

/** Names of the events in a text. */
const namesIn = (text: string): string[] => Array.from(text.matchAll(/^event: (.*)$/gm), ([, name = '']) => name)

const idIn = (text: string): string => /^id: (.*)$/m.exec(text)?.[1] ?? ''

describe('EventHub', () => {
  test('creates no event without readers', () => {
    hub.publish(drain(1))
    expect({ isListening: hub.isListening, pendingTimers: clock.pendingTimers }).toEqual({
      isListening: false,
      pendingTimers: 0,
    })
  })

  test('sends a reader hello, and then the events', () => {
    const { taken } = read()
    hub.publish(drain(7))
    expect(taken()).toMatch(
      /^event: hello\nid: \w{8}-0\ndata: \{"replayed":0\}\n\nevent: drain\nid: \w{8}-1\ndata: \{"at":\d+,"number":7\}\n\n$/,
    )
  })

  test('leaves out what a reader does not want', () => {
    const { taken } = read('kinds=link')
    hub.publish(drain(1))
    expect(namesIn(taken())).toEqual(['hello'])
  })

  test('sends the missed events to a reader that reconnects', () => {
    const { stream, taken } = read()
    const id = idIn(taken())
    stream.destroy()
    hub.publish(drain(1))
    const again = read('', id).taken()
    expect({ names: namesIn(again), replayed: again.includes('"replayed":1') }).toEqual({
      names: ['hello', 'drain'],
      replayed: true,
    })
  })

  test.each(['', 'nonsense', '00000000-1', '-', '1-1-1'])('reports a gap to a reader with the id "%s"', (id) => {
    expect(namesIn(read('', id).taken())).toEqual(['gap'])
  })

  test('reports a gap when too many events were missed', () => {
    const { taken } = read('kinds=link')
    const id = idIn(taken())
    for (let number = 0; number <= maxRecordedEvents; number++) hub.publish(drain(number))
    expect(namesIn(read('', id).taken())).toEqual(['gap'])
  })

  test('forgets all events some time after the last reader has disconnected', async () => {
    const { stream, taken } = read()
    const id = idIn(taken())
    await closed(stream)
    clock.advance(keepMs)
    expect({ isListening: hub.isListening, pendingTimers: clock.pendingTimers }).toEqual({
      isListening: false,
      pendingTimers: 0,
    })
    expect(namesIn(read('', id).taken())).toEqual(['gap'])
  })

  test('reports to a slow reader how many events it has missed', () => {
    const slow = slowReader()
    while (slow.writableLength < maxReaderBytes) hub.publish(drain(1))
    hub.publish(drain(2))
    hub.publish(drain(3))
    slow.emptied()
    expect(slow.text().slice(-80)).toContain('event: dropped\ndata: {"count":2}\n\n')
  })

  test('cuts a reader that has not read for long', () => {
    const slow = slowReader()
    for (let bytes = 0; bytes <= maxReaderBytes; bytes += 20) hub.publish(drain(1))
    for (let passedMs = 0; passedMs <= stuckReaderMs + heartbeatMs; passedMs += heartbeatMs) clock.advance(heartbeatMs)
    expect(slow.destroyed).toBe(true)
  })

  test('cuts a reader of snapshots only that has not read for long', () => {
    hub = new EventHub({ clock, snapshot: () => ({ text: 'x'.repeat(maxReaderBytes / 8) }) })
    const slow = slowReader('snapshot=1s')
    for (let passedMs = 0; passedMs <= stuckReaderMs + heartbeatMs * 3; passedMs += 1000) clock.advance(1000)
    expect(slow.destroyed).toBe(true)
  })

  test('keeps a slow reader of snapshots that takes some', () => {
    hub = new EventHub({ clock, snapshot: () => ({ text: 'x'.repeat(maxReaderBytes / 8) }) })
    const slow = slowReader('snapshot=1s')
    for (let passedMs = 0; passedMs <= stuckReaderMs + heartbeatMs * 3; passedMs += 1000) {
      clock.advance(1000)
      if (passedMs % 30_000 === 0) slow.emptied()
    }
    expect(slow.destroyed).toBe(false)
  })

  test('sends a comment to quiet readers', () => {
    const { taken } = read()
    clock.advance(heartbeatMs)
    expect(taken()).toMatch(/\n\n: alive\n\n$/)
  })

  test('makes one snapshot a second for all readers, while one of them asks for it', async () => {
    const first = read('snapshot=1s')
    const second = read('snapshot=2s')
    clock.advance(1000)
    clock.advance(1000)
    expect({ first: namesIn(first.taken()), second: namesIn(second.taken()) }).toEqual({
      first: ['hello', 'snapshot', 'snapshot', 'snapshot'],
      second: ['hello', 'snapshot', 'snapshot'],
    })
    expect(snapshots).toBe(4)
    await Promise.all([closed(first.stream), closed(second.stream)])
    clock.advance(2000)
    expect(snapshots).toBe(4)
  })

  test('has room for so many readers', () => {
    for (let count = 0; count < maxReaders; count++) read()
    expect(hub.hasRoom).toBe(false)
  })

  test('ends all streams when it closes', () => {
    const { stream } = read('snapshot=1s')
    hub.close()
    expect({ writableEnded: stream.writableEnded, hasRoom: hub.hasRoom, pendingTimers: clock.pendingTimers }).toEqual({
      writableEnded: true,
      hasRoom: false,
      pendingTimers: 0,
    })
  })
})

/** Resolves when the stream is closed and the hub has received the event. */
async function closed(stream: PassThrough): Promise<void> {
  const whenClosed = new Promise((resolve) => stream.once('close', resolve))
  stream.destroy()
  await whenClosed
}

/** A reader that reads nothing until `emptied`. */
function slowReader(query = '') {
  const stream = new PassThrough({ highWaterMark: 1 })
  hub.add(stream, parseEventQuery(new URLSearchParams(query)), undefined)
  const chunks: string[] = []
  const take = (): void => {
    // Reading may make room for more.
    for (let text = taken(stream); text !== ''; text = taken(stream)) chunks.push(text)
  }
  return Object.assign(stream, {
    text: () => chunks.join(''),
    emptied: () => {
      take()
      stream.emit('drain')
      take()
    },
  })
}
