import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { seededBytes, tcpServer, type TestTcpServer } from '@ls/testkit'
import { readExactly } from './socks-client.js'

const uploadCode = 0x75
const downloadCode = 0x64
const requestBytes = 9
const chunkBytes = 64 * 1024

/**
 * Longest time without progress, in milliseconds: a dead link should not delay the rest of the suite, and a slow one
 * may continue.
 */
const stallMs = 15_000

/** Seed of the bytes, see `seededBytes`. */
export const transferSeed = 0x11

/**
 * A target for bulk transfers. The client first sends the direction and the number of bytes; on an upload the server
 * answers with their SHA-256, on a download it sends them. Neither side ends the connection to mark the end: base peers
 * have no half-close, and some drop bytes in transit when a connection closes, which has a test of its own.
 */
export function transferServer(): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    serve(socket).catch(() => socket.destroy())
  })
}

/** Sends `bytes` seeded bytes through the connection; resolves with the hash that the target computed. */
export async function upload(socket: Socket, bytes: number): Promise<string> {
  socket.write(encodeRequest(uploadCode, bytes))
  await sendSeeded(socket, bytes)
  const digest = await readExactly(socket, 32)
  return digest.toString('hex')
}

/** Downloads `bytes` seeded bytes through the connection; resolves with the hash of the received bytes. */
export async function download(socket: Socket, bytes: number): Promise<string> {
  socket.write(encodeRequest(downloadCode, bytes))
  return receive(socket, bytes)
}

/** Reads exactly `bytes` bytes; resolves with their SHA-256. Fails when the connection ends earlier. */
export async function receive(socket: Socket, bytes: number): Promise<string> {
  const digest = await receiveDigest(socket, bytes)
  return digest.toString('hex')
}

async function serve(socket: Socket): Promise<void> {
  const request = await readExactly(socket, requestBytes)
  const bytes = Number(request.readBigUInt64BE(1))
  if (request.readUInt8(0) === uploadCode) socket.write(await receiveDigest(socket, bytes))
  else await sendSeeded(socket, bytes)
}

function encodeRequest(direction: number, bytes: number): Buffer {
  const request = Buffer.alloc(requestBytes)
  request.writeUInt8(direction)
  request.writeBigUInt64BE(BigInt(bytes), 1)
  return request
}

async function sendSeeded(socket: Socket, bytes: number): Promise<void> {
  const source = seededBytes(transferSeed)
  for (let left = bytes; left > 0; left -= chunkBytes) {
    if (!socket.write(source.take(Math.min(left, chunkBytes)))) await once(socket, 'drain')
  }
}

function receiveDigest(socket: Socket, bytes: number): Promise<Buffer> {
  const hash = createHash('sha256')
  let left = bytes
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      socket.off('data', onData).off('close', onClose).off('end', onClose).off('timeout', onStall).setTimeout(0)
      socket.pause()
      if (error === undefined) resolve(hash.digest())
      else reject(error)
    }
    const onData = (chunk: Buffer): void => {
      hash.update(chunk)
      left -= chunk.length
      if (left === 0) finish()
      else if (left < 0) finish(new Error(`${-left} bytes more came than the ${bytes} sent`))
    }
    const onClose = (): void => finish(new Error(`the connection ended with ${left} of ${bytes} bytes missing`))
    const onStall = (): void =>
      finish(new Error(`nothing came for ${stallMs} ms, with ${left} of ${bytes} bytes missing`))
    socket.on('data', onData).on('close', onClose).on('end', onClose).on('timeout', onStall).setTimeout(stallMs)
    if (bytes === 0) finish()
  })
}
