import { Duplex } from 'node:stream'

/** A stream that is no socket: it has no handle, no timer and no `destroySoon`, like a channel of a tunnel. */
export function plainDuplex(inner: Duplex): Duplex {
  const outer = new Duplex({
    read: () => void inner.resume(),
    write: (chunk: Buffer, _encoding, done) => void inner.write(chunk, () => done()),
    final: (done) => void inner.end(() => done()),
    destroy: (error, done) => {
      inner.destroy()
      done(error)
    },
  })
  inner.on('data', (chunk: Buffer) => {
    if (!outer.push(chunk)) inner.pause()
  })
  inner.on('end', () => outer.push(null))
  inner.on('error', (error) => outer.destroy(error))
  inner.on('close', () => outer.destroy())
  return outer
}
