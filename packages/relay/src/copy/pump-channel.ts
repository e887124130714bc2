import type { Channel } from '@ls/mux'

/** The part of a channel that the copy loop uses. */
export type PumpChannel = Pick<
  Channel,
  | 'send'
  | 'maxCompressedBytes'
  | 'readBytes'
  | 'end'
  | 'disconnect'
  | 'abort'
  | 'pause'
  | 'resume'
  | 'consumed'
  | 'countLingering'
>
