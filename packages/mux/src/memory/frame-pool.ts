import { tcpDataHeaderBytes } from '@ls/codec'

/** How a pool is made. */
export interface FramePoolOptions {
  /** Memory of one frame, in bytes; larger ones are not pooled. @default 65560, the largest Data message we make */
  readonly frameBytes?: number
  /** Memory kept while nobody needs it, in bytes: what fast links have on their way. @default 8388608 (8 MiB) */
  readonly maxIdleBytes?: number
  /** Memory before each pooled frame for the header of whatever carries it, in bytes. @default 16, WebSocket needs 14 */
  readonly headroomBytes?: number
  /** Where memory comes from; its contents need not be zero. @default Buffer.allocUnsafe where there is one */
  readonly allocate?: (bytes: number) => Uint8Array
}

/**
 * Memory for frames that is used again once whoever had it last gives it back: for what is sent, when the peer has
 * acknowledged it; for what is received, when it has been written out. What nobody gives back is garbage as usual.
 *
 * A frame waits for its Ack, so it outlives the young generation. Without a pool each of them ended in a full garbage
 * collection: bulk took a fifth more CPU time.
 */
export class FramePool {
  /** Longest frame that comes out of the pool, in bytes. */
  readonly frameBytes: number
  readonly #headroomBytes: number
  readonly #maxIdle: number
  readonly #allocate: (bytes: number) => Uint8Array
  readonly #idle: FrameMemory[] = []

  constructor(options: FramePoolOptions = {}) {
    this.frameBytes = options.frameBytes ?? 65_536 + tcpDataHeaderBytes
    this.#headroomBytes = options.headroomBytes ?? 16
    this.#maxIdle = Math.floor((options.maxIdleBytes ?? 8_388_608) / this.frameBytes)
    this.#allocate = options.allocate ?? allocateUnsafe
  }

  /** Bytes that wait to be used again. */
  get idleBytes(): number {
    return this.#idle.length * this.frameBytes
  }

  /** Whether a frame of that length comes out of the pool. A short one would take the place of many. */
  fits(bytes: number): boolean {
    return bytes <= this.frameBytes && bytes * 2 >= this.frameBytes
  }

  /** Memory for a frame, out of the pool where it {@link fits}. */
  take(bytes: number): Uint8Array {
    if (!this.fits(bytes)) return this.#allocate(bytes)
    const memory = this.#idle.pop() ?? new FrameMemory(this, this.#headroomBytes + this.frameBytes)
    memory.holders = 1
    return new Uint8Array(memory, this.#headroomBytes, bytes)
  }

  /** Memory to read the payload of a Data message into, as long as the pool's frames have room for. */
  takePayload(): Uint8Array {
    return this.take(this.frameBytes).subarray(tcpDataHeaderBytes)
  }

  /** The message whose payload is at the start of what {@link takePayload} gave; undefined for other memory. */
  frameOf(payload: Uint8Array): Uint8Array | undefined {
    const start = payload.byteOffset - tcpDataHeaderBytes
    if (start !== this.#headroomBytes || !this.owns(payload)) return undefined
    return new Uint8Array(payload.buffer, start, tcpDataHeaderBytes + payload.length)
  }

  /** Whether `frame` lies in memory that {@link give} takes back; views of less than a quarter of it are not known. */
  owns(frame: Uint8Array): boolean {
    return memoryOf(frame)?.pool === this
  }

  /** How much memory directly before `frame` is free for a header, in bytes. */
  headroomOf(frame: Uint8Array): number {
    return frame.byteOffset === this.#headroomBytes && this.owns(frame) ? this.#headroomBytes : 0
  }

  /**
   * Keeps the memory of `frame`, of whichever pool, until one more `give`: a transport calls it while it writes. The
   * sender may hear of an Ack earlier, from a peer that lies, and would write the bytes of another session into it.
   */
  hold(frame: Uint8Array): void {
    const memory = memoryOf(frame)
    if (memory !== undefined) memory.holders++
  }

  /** Returns memory to the pool that it came from, as {@link owns} knows it. Other memory is left alone. */
  give(frame: Uint8Array): void {
    const memory = memoryOf(frame)
    if (memory === undefined) return
    memory.holders--
    if (memory.holders === 0) memory.pool.#recycle(memory)
  }

  #recycle(memory: FrameMemory): void {
    if (this.#idle.length < this.#maxIdle) this.#idle.push(memory)
  }
}

/** The pooled memory below `frame` that is in use; undefined for other memory, and for views of less than a quarter of it. */
function memoryOf(frame: Uint8Array): FrameMemory | undefined {
  const { buffer } = frame
  if (!(buffer instanceof FrameMemory) || buffer.holders === 0) return undefined
  return frame.length * 4 >= buffer.pool.frameBytes ? buffer : undefined
}

/** Memory of one frame. */
class FrameMemory extends ArrayBuffer {
  readonly pool: FramePool
  /** How many have to give it back; 0 while it waits to be used again. */
  holders = 0

  constructor(pool: FramePool, bytes: number) {
    super(bytes)
    this.pool = pool
  }
}

/**
 * The pool of this process, for what its links send and receive alike: a server of agent mode passes a message on in the
 * memory that it was read into.
 */
export const processFramePool = new FramePool()

function allocateUnsafe(bytes: number): Uint8Array {
  return platform.Buffer?.allocUnsafe(bytes) ?? new Uint8Array(bytes)
}

/** Of Node, and of what stands in for it; a browser has none. */
const platform = globalThis as { readonly Buffer?: { allocUnsafe(bytes: number): Uint8Array } }
