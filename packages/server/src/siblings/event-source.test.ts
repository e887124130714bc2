import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventSource, type SourceEvent } from './event-source.js'

let folder: string
let server: Server | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ls-'))
})
afterEach(() => {
  server?.close()
  rmSync(folder, { recursive: true })
})

/** Events that are read from a process that sends this text and ends. */
async function eventsIn(text: string): Promise<SourceEvent[]> {
  const path = join(folder, 'a')
  server = createServer((_request, response) => void response.end(text))
  await new Promise<void>((resolve) => void server?.listen(path, resolve))
  const events: SourceEvent[] = []
  await new Promise<void>((resolve) => void new EventSource(path, (event) => events.push(event), resolve))
  return events
}

test('EventSource reads events, and leaves out comments', async () => {
  const events = await eventsIn('event: a\nid: 1\ndata: {"n":1}\n\n: still here\n\nevent: b\ndata: {"n":2}\n\n')
  expect(events).toEqual([
    { name: 'a', data: { n: 1 } },
    { name: 'b', data: { n: 2 } },
  ])
})

test.each(['{"n":', 'null', '7'])('EventSource ignores an event with the data %s', async (data) => {
  const events = await eventsIn(`event: a\ndata: ${data}\n\nevent: b\ndata: {"n":2}\n\n`)
  expect(events).toEqual([{ name: 'b', data: { n: 2 } }])
})
