import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from '@ls/socks5/node'
import { seededBytes, type SeededBytes, tcpServer, type TestTcpServer } from '@ls/testkit'

interface Address {
  readonly host: string
  readonly port: number
}

/** Parameters of a transfer: the seed of its bytes, and their number. */
export interface Transfer {
  readonly seed: number
  readonly bytes: number
}

/** Counts the bytes moved so far, for tests that wait for progress. */
export class Meter {
  bytes = 0
  #waiting: { readonly atBytes: number; resolve(): void }[] = []

  add(bytes: number): void {
    this.bytes += bytes
    if (this.#waiting.length === 0) return
    const reached = this.#waiting.filter(({ atBytes }) => atBytes <= this.bytes)
    this.#waiting = this.#waiting.filter(({ atBytes }) => atBytes > this.bytes)
    for (const waiter of reached) waiter.resolve()
  }

  /** Resolves once `bytes` more have moved. */
  after(bytes: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ atBytes: this.bytes + bytes, resolve }))
  }
}

const headBytes = 17
const chunkBytes = 65_536
/** All ends share one busy process here, and a link may be down meanwhile. */
const timeoutMs = 60_000

/**
 * A server for {@link download} and {@link upload}: the first 17 bytes select direction, seed and number of bytes. It
 * checks an upload byte by byte, and answers `ok` after the client's end, or the fault.
 */
export function transferServer(): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    socket.once('readable', function onReadable() {
      const head = socket.read(headBytes) as Buffer | null
      if (head === null) return void socket.once('readable', onReadable)
      const transfer = { seed: head.readDoubleBE(1), bytes: head.readDoubleBE(9) }
      if (head[0] === 0) return sendSeeded(socket, transfer)
      check(socket, transfer).then(
        () => socket.end('ok'),
        (error: unknown) => socket.end(String(error)),
      )
    })
  })
}

/** Downloads through the proxy; every byte is checked. @throws when one is lost, repeated, wrong or out of order */
export async function download(socks: Address, server: Address, transfer: Transfer, meter?: Meter): Promise<void> {
  const socket = await connect({ proxy: socks, target: server, timeoutMs })
  try {
    socket.end(head(0, transfer))
    await check(socket, transfer, meter)
  } finally {
    socket.destroy()
  }
}

/** Uploads through the proxy; the server checks every byte. @throws with the fault that the server found */
export async function upload(socks: Address, server: Address, transfer: Transfer, meter?: Meter): Promise<void> {
  const socket = await connect({ proxy: socks, target: server, timeoutMs })
  try {
    socket.write(head(1, transfer))
    sendSeeded(socket, transfer, meter)
    const answer = await text(socket)
    if (answer !== 'ok') throw new Error(`the server says: ${answer === '' ? 'nothing' : answer}`)
  } finally {
    socket.destroy()
  }
}

/** {@link download} and {@link upload} at the same time; returns the bytes that passed each way. */
export async function transferBothWays(
  socks: Address,
  server: Address,
  { seed, bytes }: Transfer,
): Promise<{ readonly down: number; readonly up: number }> {
  const [down, up] = [new Meter(), new Meter()]
  await Promise.all([
    download(socks, server, { seed, bytes }, down),
    upload(socks, server, { seed: seed + 1, bytes }, up),
  ])
  return { down: down.bytes, up: up.bytes }
}

/** Resolves with all bytes of a socket until its end; its own side stays open. @throws when it is reset */
export function text(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    socket.on('data', (chunk) => (received += String(chunk)))
    socket.once('end', () => resolve(received))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed without an end after ${received.length} characters`)))
    socket.resume()
  })
}

function head(way: number, { seed, bytes }: Transfer): Buffer {
  const buffer = Buffer.alloc(headBytes)
  buffer[0] = way
  buffer.writeDoubleBE(seed, 1)
  buffer.writeDoubleBE(bytes, 9)
  return buffer
}

function sendSeeded(socket: Socket, { seed, bytes }: Transfer, meter?: Meter): void {
  const source = seededBytes(seed)
  let left = bytes
  const fill = (): void => {
    while (left > 0) {
      const length = Math.min(left, chunkBytes)
      left -= length
      meter?.add(length)
      if (!socket.write(source.take(length))) return
    }
    socket.off('drain', fill)
    socket.end()
  }
  socket.on('drain', fill)
  fill()
}

async function check(socket: Socket, { seed, bytes }: Transfer, meter?: Meter): Promise<void> {
  const expected: SeededBytes = seededBytes(seed)
  let received = 0
  socket.on('data', (chunk: Buffer) => {
    if (!expected.take(chunk.length).equals(chunk)) {
      socket.destroy(new Error(`a wrong byte among those from ${received} to ${received + chunk.length} of ${bytes}`))
    }
    received += chunk.length
    meter?.add(chunk.length)
  })
  socket.resume()
  // Rejects where the socket is reset.
  await once(socket, 'end')
  if (received !== bytes) throw new Error(`${received} bytes came, not ${bytes}`)
}
