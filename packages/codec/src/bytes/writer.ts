import { messageHeaderBytes } from '../message/peek.js'
import { protocolVersion } from '../version.js'
import { allocate } from './allocate.js'

/**
 * Writes one message whose size is known in advance, so that it is allocated once. The caller has checked the values.
 */
export class Writer {
  readonly bytes: Uint8Array
  #offset = messageHeaderBytes

  constructor(type: number, bodyBytes: number) {
    this.bytes = allocate(messageHeaderBytes + bodyBytes)
    this.bytes[0] = protocolVersion
    this.bytes[1] = type
  }

  u8(value: number): this {
    this.bytes[this.#offset++] = value
    return this
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value)
  }

  u32(value: number): this {
    writeU32(this.bytes, this.#offset, value)
    this.#offset += 4
    return this
  }

  u64(value: number): this {
    return this.u32(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000)
  }

  flag(value: boolean): this {
    return this.u8(value ? 1 : 0)
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#offset)
    this.#offset += bytes.length
    return this
  }

  /** Writes a length byte, then the bytes. */
  short(bytes: Uint8Array): this {
    return this.u8(bytes.length).raw(bytes)
  }
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
