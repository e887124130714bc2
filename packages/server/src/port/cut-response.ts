import type { ServerResponse } from 'node:http'
import { closeStream } from '@ls/dial'

/** Cuts an answer so that no part of it looks complete: its end may be all that frames it. */
export function cutResponse({ socket }: ServerResponse): void {
  if (socket !== null) closeStream(socket)
}
