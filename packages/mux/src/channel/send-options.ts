/** Options of {@link Channel.send}. */
export interface SendOptions {
  /**
   * Owner of the payload's memory.
   *
   * - `given`: the channel; the bytes must not change any more
   * - `borrowed`: the caller, who reuses it after the return; bytes that cannot leave immediately are copied
   * - `pooled`: the channel, and the payload is at the start of the memory that {@link FramePool.takePayload}
   *   returned; it is sent from there without a copy
   *
   * @default 'given'
   */
  readonly memory?: 'given' | 'borrowed' | 'pooled' | undefined
  /**
   * Marks the payload as gzip data, which inflates to this many bytes, and as `given`. At most `maxCompressedBytes`,
   * since it is not split.
   *
   * @default not compressed
   */
  readonly inflatedBytes?: number | undefined
}
