import { freePort, requireProgram } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from '../e2e/program.js'
import { closing } from '../stress/cleanup.js'
import { playLimitMs, seenBy, targetServer } from './play.js'

// The client was written from spec/protocol.md and its vectors alone: these tests show that they are enough to write
// one.
const python = requireProgram('python3')
const transferBytes = 8 * 1024 * 1024

describe.runIf(python !== undefined)('a client written from spec/protocol.md', { timeout: playLimitMs }, () => {
  test('loses and doubles no byte when three cuts hit an upload and a download', async () => {
    const downloads: string[] = []
    const seen = await play('transfer', downloads)
    const { upload, download } = seen as { upload: { sent: string }; download: object }
    expect({ ...seen, 'sent again': Number(seen['sent again']) > 0 }).toMatchObject({
      done: true,
      cuts: 3,
      resumed: 3,
      'sent again': true,
      upload: { arrived: upload.sent },
    })
    expect([download]).toEqual(downloads.map((arrived) => ({ bytes: transferBytes, arrived })))
  })

  test('sends and receives past a stalled main link, over a second link for urgent messages', async () => {
    const seen = await play('urgent')
    expect({ ...seen, 'copies sent': 0, 'copies used': 0 }).toEqual({
      plain: true,
      held: true,
      after: true,
      resumed: true,
      'second closed': true,
      'held again': true,
      over: true,
      early: 0,
      whole: true,
      'copies sent': 0,
      'copies used': 0,
    })
  })

  test('sees the rules for messages that no peer should send', async () => {
    expect(await play('rules')).toEqual({
      plain: true,
      'unknown type and channel are acknowledged': true,
      'more than the credit ends the channel': true,
      'Data after Fin ends the channel': true,
      'other channels continue': true,
      'the second link carries copies only': true,
      'a copy too far ahead ends the session': 1002,
      'an Ack for what was not sent ends the session': 1002,
    })
  })

  test('begins the new session where the server does not know the old one', async () => {
    expect(await play('stranger')).toEqual({ success: 0, sequence: 0, 'new session works': true })
  })
})

/** Runs `session_client.py`, and returns what it reports. */
async function play(what: string, downloads: string[] = []): Promise<Record<string, unknown>> {
  const port = String(await freePort())
  const target = closing(await targetServer(downloads))
  const server = new Program('server', '-t', 'spec_token', '-H', '127.0.0.1', '-P', port)
  await server.printed(/listening/i)
  return seenBy('session_client.py', what, port, 'spec_token', String(target.port))
}
