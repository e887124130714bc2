import { onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, rawConnection, upgradeHead } from '../../testing/listening.js'
import { byteStreamPorts, listenByteStreams } from './listen-byte-streams.js'

/** Returns the status for a web page of `origin`. */
async function statusFor(origin: string, allowOrigins?: readonly string[]): Promise<string> {
  const listener = await listenByteStreams({
    path: '/p',
    allowOrigins,
    onStream: (stream) => void stream.on('error', () => {}).end(),
  })
  afterTest(() => listener.closeAll())
  const socket = await rawConnection({ port: listener.address().port })
  socket.write(upgradeHead('/p', `Origin: ${origin}`))
  const [answer] = (await onceEvent(socket, 'data')) as [Buffer]
  return answer.toString().slice(9, 12)
}

describe('listenByteStreams', () => {
  test.each(['https://evil.example', 'null', 'http://127.0.0.1'])('refuses web pages of %s', async (origin) => {
    expect(await statusFor(origin)).toBe('403')
  })

  test('admits web pages of the given origin', async () => {
    expect(await statusFor('https://panel.example', ['https://panel.example'])).toBe('101')
  })
})

test('byteStreamPorts refuses an invalid origin immediately', () => {
  expect(() => byteStreamPorts({ allowOrigins: ['panel.example'] })).toThrow(RangeError)
})
