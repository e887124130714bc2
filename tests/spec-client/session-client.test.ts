import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort, requireProgram, tcpServer, type TestTcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from '../e2e/program.js'
import { runProgram } from '../e2e/run-program.js'
import { closing } from '../stress/cleanup.js'

// The client was written from spec/protocol.md and its vectors alone: these tests show that they are enough to write
// one.
const client = fileURLToPath(new URL('session_client.py', import.meta.url))
const python = requireProgram('python3')
const limitMs = 60_000
const environment = { PYTHONDONTWRITEBYTECODE: '1' }
const transferBytes = 8 * 1024 * 1024

describe.runIf(python !== undefined)('a client written from spec/protocol.md', { timeout: limitMs }, () => {
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
  const args = [client, what, port, 'spec_token', String(target.port)]
  const { output, errors } = await runProgram('python3', args, { timeoutMs: limitMs, environment })
  if (errors !== '') throw new Error(errors)
  return JSON.parse(output) as Record<string, unknown>
}

/** A target whose first byte selects what it does, as `session_client.py` describes. */
function targetServer(downloads: string[]): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    socket.once('data', (first: Buffer) => {
      const rest = first.subarray(1)
      if (first[0] === 0x55) hashUpload(socket, rest)
      else if (first[0] === 0x44) downloads.push(sendRandom(socket, Number(rest.readBigUInt64BE())))
      else if (first[0] === 0x53) socket.pause()
      else {
        socket.write(rest)
        socket.pipe(socket)
      }
    })
  })
}

function hashUpload(socket: Socket, first: Buffer): void {
  const hash = createHash('sha256').update(first)
  socket.on('data', (chunk: Buffer) => hash.update(chunk))
  socket.on('end', () => socket.end(hash.digest('hex')))
}

/** Sends random bytes, and returns their hash. */
function sendRandom(socket: Socket, sendBytes: number): string {
  const bytes = randomBytes(sendBytes)
  socket.end(bytes)
  return createHash('sha256').update(bytes).digest('hex')
}
