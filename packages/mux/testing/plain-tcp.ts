import { FakeClock } from '@ls/testkit'
import { type PathOptions, TcpPipe } from './tcp-pipe.js'

/** Bytes a millisecond that a TCP connection with nothing around it carries from `fromMs` on, for `ms`. */
export function plainTcpRate(path: PathOptions, fromMs: number, ms: number): number {
  const clock = new FakeClock()
  let deliveredBytes = 0
  const fill = (): void => {
    while (pipe.hasRoom) pipe.write(chunkBytes)
  }
  const onDelivered = (streamBytes: number): void => void (deliveredBytes = streamBytes)
  const pipe = new TcpPipe(clock, path, seed, { onDelivered, onDrain: fill })
  fill()
  clock.advance(fromMs)
  const before = deliveredBytes
  clock.advance(ms)
  return (deliveredBytes - before) / ms
}

const chunkBytes = 65_536
const seed = 7
