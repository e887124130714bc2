/**
 * Memory for one read of up to `bytes`, valid until the next read of any socket. All sockets of a thread share it, so
 * the reader must send or copy the bytes immediately.
 */
export function longReadMemory(bytes: number): Uint8Array {
  if (shared === undefined || shared.length < bytes) shared = new Uint8Array(bytes)
  return shared.subarray(0, bytes)
}

/** Allocated with the first long read. */
let shared: Uint8Array | undefined
