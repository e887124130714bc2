import type { Duplex } from 'node:stream'
import { closeStream, confirmEnd } from '@ls/dial'

/**
 * Copies between two streams until both have ended. An end on one side ends the other side's writing only, so
 * half-closes pass; a failure or a cut on one side cuts the other.
 */
export function join(left: Duplex, right: Duplex): void {
  follow(left, right)
  follow(right, left)
}

function follow(from: Duplex, to: Duplex): void {
  const onClose = (): void => {
    // After a clean end `to` may still be flushing; then it closes by itself.
    if (!from.readableEnded || !from.writableFinished) closeStream(to)
  }
  from.pipe(to, { end: false })
  const onEnd = (): void => confirmEnd(from, () => to.end())
  if (from.readableEnded) onEnd()
  else from.once('end', onEnd)
  from.on('error', () => closeStream(to))
  if (from.destroyed) onClose()
  else from.once('close', onClose)
}
