import { noBytes } from '../bytes.js'
import type { Destination } from '../destination.js'
import { refusedByProxy } from '../errors.js'
import type { Established } from '../established.js'
import type { Dialect, Progress } from '../handshake-reader.js'
import { encodeRequest, readReply } from './messages.js'

/** The client's side of SOCKS4 and 4a: one request, one reply. */
export class Socks4ClientHandshake implements Dialect<Established> {
  readonly greeting: Uint8Array

  constructor(destination: Destination, userId: Uint8Array) {
    this.greeting = encodeRequest({ destination, userId })
  }

  read(bytes: Uint8Array): Progress<Established> | undefined {
    const reply = readReply(bytes)
    if (reply === undefined) return undefined
    const { code, byte, bound } = reply.value
    if (code !== 'succeeded') throw refusedByProxy(code, byte)
    return { byteLength: reply.byteLength, output: noBytes, result: { bound } }
  }

  refusal(): Uint8Array {
    return noBytes
  }
}
