import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { idBytes } from './pair-key.js'

/** Kinds of frames: probes between two UDP sockets, and the first frames of a QUIC connection. */
export const frameKinds = {
  probe: { magic: 'LSHP', version: 2 },
  hello: { magic: 'LSQH', version: 1 },
} as const

/** Magic(4) Version(1) Type(1) Session(16) Nonce(8) MAC(16). */
export const proofFrameBytes = 46
const macStart = 30
const nonceStart = 22

/** `ask`: a request or hello. `answer`: a response or ack. */
export type FrameType = 'ask' | 'answer'

/** Makes and checks the frames by which both ends of a pair prove that they have its key (protocol.md §1.9). */
export class ProofFrames {
  readonly #head: Buffer
  readonly #id: Buffer
  readonly #key: Uint8Array

  constructor(kind: keyof typeof frameKinds, pairId: string, key: Uint8Array) {
    const { magic, version } = frameKinds[kind]
    this.#head = Buffer.concat([Buffer.from(magic), Buffer.of(version)])
    this.#id = idBytes(pairId)
    this.#key = key
  }

  /** Makes a frame; an answer has the nonce of the frame that it answers. */
  make(type: FrameType, nonce: Uint8Array = randomBytes(8)): Buffer {
    const frame = Buffer.concat([this.#head, Buffer.of(typeBytes[type]), this.#id, nonce])
    return Buffer.concat([frame, this.#mac(frame)])
  }

  /** Reads a frame of this pair; undefined for anything else. */
  read(bytes: Uint8Array): { readonly type: FrameType; readonly nonce: Buffer } | undefined {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (frame.length !== proofFrameBytes || !frame.subarray(0, 5).equals(this.#head)) return undefined
    if (!frame.subarray(6, nonceStart).equals(this.#id)) return undefined
    const [signed, mac] = [frame.subarray(0, macStart), frame.subarray(macStart)]
    if (!timingSafeEqual(mac, this.#mac(signed))) return undefined
    const nonce = Buffer.from(frame.subarray(nonceStart, macStart))
    if (frame[5] === typeBytes.ask) return { type: 'ask', nonce }
    return frame[5] === typeBytes.answer ? { type: 'answer', nonce } : undefined
  }

  /** The MAC covers all bytes after the magic. */
  #mac(frame: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(frame.subarray(4)).digest().subarray(0, 16)
  }
}

const typeBytes = { ask: 1, answer: 2 } as const
