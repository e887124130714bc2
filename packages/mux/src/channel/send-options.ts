/** What `send` of a channel is told beside the payload. */
export interface SendOptions {
  /**
   * Who owns the memory of the payload.
   *
   * - `given`: the channel; it is not changed any more
   * - `borrowed`: the caller, who uses it again after the return; bytes that cannot leave at once are copied
   * - `pooled`: the channel, and the payload is at the start of what {@link FramePool.takePayload} returned; it is sent
   *   from there without a copy
   *
   * @default 'given'
   */
  readonly memory?: 'given' | 'borrowed' | 'pooled' | undefined
  /**
   * The payload is gzip data, which inflates to this many bytes, and `given`. At most `maxCompressedBytes`, since it is
   * not split.
   *
   * @default not compressed
   */
  readonly inflatedBytes?: number | undefined
}
