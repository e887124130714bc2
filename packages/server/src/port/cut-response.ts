import type { ServerResponse } from 'node:http'
import { closeStream } from '@ls/dial'

/** Cuts an answer so that it cannot look complete: only the end of the connection may delimit it. */
export function cutResponse({ socket }: ServerResponse): void {
  if (socket !== null) closeStream(socket)
}
