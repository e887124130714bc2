import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { tcpServer, type TestTcpServer } from '@ls/testkit'
import { runProgram } from '../e2e/run-program.js'

/** Time for one run of a client, in milliseconds: its own waits last 30 s at most. */
export const playLimitMs = 60_000

/** What a client of this folder saw: it prints JSON. @throws Error with its error output */
export async function seenBy(script: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const client = fileURLToPath(new URL(script, import.meta.url))
  const options = { timeoutMs: playLimitMs, environment: { PYTHONDONTWRITEBYTECODE: '1' } }
  const { output, errors } = await runProgram('python3', [client, ...args], options)
  if (errors !== '') throw new Error(errors)
  return JSON.parse(output) as Record<string, unknown>
}

/** A target whose first byte selects what it does, as `session_client.py` describes. */
export function targetServer(downloads: string[] = []): Promise<TestTcpServer> {
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
