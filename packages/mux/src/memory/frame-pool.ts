/** Options of a {@link FramePool}. */
export interface FramePoolOptions {
  /** Memory of one frame, in bytes; larger ones are not pooled. @default 65560, the largest Data message we send */
  readonly frameBytes?: number | undefined
  /**
   * Most idle memory that the pool keeps, in bytes: as much as one session has in flight at most, since all of it can
   * come back within a moment. What does not fit is garbage, and new frames are filled with zeros first.
   * @default 37748736 (36 MiB)
   */
  readonly maxIdleBytes?: number | undefined
  /** Room before each pooled frame for the transport's header, in bytes. @default 16, WebSocket needs 14 */
  readonly headroomBytes?: number | undefined
  /** Allocates memory; its contents need not be zero. @default Buffer.allocUnsafe where it exists */
  readonly allocate?: ((bytes: number) => Uint8Array) | undefined
}

/** Header of a Data message, in bytes: `tcpDataHeaderBytes` of the codec, which this file must not load. */
const headerBytes = 24

/** Allocates the memory of frames, and takes it back. */
export type FrameSource = Pick<FramePool, 'take' | 'give'> & Partial<Pick<FramePool, 'frameOf' | 'headroomOf'>>

/**
 * Recycles frame buffers. `give` returns one: a sender calls it when the peer has acknowledged the frame, a receiver
 * when it has written the frame. The garbage collector frees a buffer that is never returned.
 *
 * A frame waits for its Ack, so it outlives the young generation. Without a pool each frame ended in a full garbage
 * collection, and bulk took a fifth more CPU time.
 */
export class FramePool {
  /** Longest frame that the pool provides, in bytes. */
  readonly frameBytes: number
  readonly #headroomBytes: number
  readonly #maxIdle: number
  readonly #allocate: (bytes: number) => Uint8Array
  readonly #idle: FrameMemory[] = []

  constructor(options: FramePoolOptions = {}) {
    this.frameBytes = options.frameBytes ?? 65_536 + headerBytes
    this.#headroomBytes = options.headroomBytes ?? 16
    this.#maxIdle = Math.floor((options.maxIdleBytes ?? 37_748_736) / this.frameBytes)
    this.#allocate = options.allocate ?? allocateUnsafe
  }

  /** Bytes of idle buffers. */
  get idleBytes(): number {
    return this.#idle.length * this.frameBytes
  }

  /** Whether a frame of this length comes from the pool. A short frame would waste a whole buffer. */
  fits(bytes: number): boolean {
    return bytes <= this.frameBytes && bytes * 2 >= this.frameBytes
  }

  /** Returns a buffer for a frame, from the pool if it {@link fits}. */
  take(bytes: number): Uint8Array {
    if (!this.fits(bytes)) return this.#allocate(bytes)
    const memory = this.#idle.pop() ?? new FrameMemory(this, this.#headroomBytes + this.frameBytes)
    memory.holders = 1
    return new Uint8Array(memory, this.#headroomBytes, bytes)
  }

  /** Returns memory to read the payload of a Data message into, if the pool's buffers have room for one. */
  takePayload(): Uint8Array {
    return this.take(this.frameBytes).subarray(headerBytes)
  }

  /**
   * Returns the message around `payload`, if `payload` starts where the memory from {@link takePayload} starts;
   * otherwise undefined.
   */
  frameOf(payload: Uint8Array): Uint8Array | undefined {
    const start = payload.byteOffset - headerBytes
    if (start !== this.#headroomBytes || !this.owns(payload)) return undefined
    return new Uint8Array(payload.buffer, start, headerBytes + payload.length)
  }

  /** Whether {@link give} takes back the memory of `frame`. False for views of less than a quarter of a buffer. */
  owns(frame: Uint8Array): boolean {
    return memoryOf(frame)?.pool === this
  }

  /** Returns the number of free bytes directly before `frame`, for a header. */
  headroomOf(frame: Uint8Array): number {
    return frame.byteOffset === this.#headroomBytes && this.owns(frame) ? this.#headroomBytes : 0
  }

  /**
   * Keeps the memory of `frame` in use until one more `give`; works for any pool. A transport calls it while it writes.
   * A faulty peer can acknowledge a frame before it is written, and another session would then overwrite it.
   */
  hold(frame: Uint8Array): void {
    const memory = memoryOf(frame)
    if (memory !== undefined) memory.holders++
  }

  /** Returns memory to its pool. Ignores memory that belongs to no pool, see {@link owns}. */
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

/**
 * Returns the pooled buffer under `frame`; undefined for other memory, and for views of less than a quarter of a
 * buffer.
 */
function memoryOf(frame: Uint8Array): FrameMemory | undefined {
  const { buffer } = frame
  if (!(buffer instanceof FrameMemory) || buffer.holders === 0) return undefined
  return frame.length * 4 >= buffer.pool.frameBytes ? buffer : undefined
}

/** Memory of one frame. */
class FrameMemory extends ArrayBuffer {
  readonly pool: FramePool
  /** Number of `give` calls still expected; 0 while the buffer is idle. */
  holders = 0

  constructor(pool: FramePool, bytes: number) {
    super(bytes)
    this.pool = pool
  }
}

/**
 * The shared pool of this process, for sending and receiving. A server in agent mode forwards a message in the buffer
 * that it was read into.
 */
export const processFramePool = new FramePool()

function allocateUnsafe(bytes: number): Uint8Array {
  return platform.Buffer?.allocUnsafe(bytes) ?? new Uint8Array(bytes)
}

/** The global object of Node or a substitute; a browser has no `Buffer`. */
const platform = globalThis as { readonly Buffer?: { allocUnsafe(bytes: number): Uint8Array } }
