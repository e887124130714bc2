import { FakeClock } from '@ls/testkit'
import { Bottleneck, type PathOptions, TcpPipe } from './tcp-pipe.js'

/** Returns the rate, in bytes a millisecond, of a single TCP connection from `fromMs` on, for `ms`. */
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

/**
 * Returns the times of echoes of a TCP connection beside one that is full in one direction, in milliseconds and in
 * order.
 */
export function plainTcpEchoes(path: PathOptions, everyMs: number, fromMs: number, ms: number): number[] {
  const clock = new FakeClock()
  const there = new Bottleneck()
  const fill = (): void => {
    while (bulk.hasRoom) bulk.write(chunkBytes)
  }
  const bulk = new TcpPipe(clock, path, seed, { onDelivered: () => {}, onDrain: fill }, there)
  const sentAtMs: number[] = []
  const times: number[] = []
  const arrived = (streamBytes: number): void => {
    while (times.length < streamBytes) times.push(clock.now() - (sentAtMs[times.length] ?? 0))
  }
  const answer = new TcpPipe(clock, path, seed + 1, { onDelivered: arrived, onDrain: () => {} })
  let askedBytes = 0
  const answerNew = (streamBytes: number): void => {
    answer.write(streamBytes - askedBytes)
    askedBytes = streamBytes
  }
  const ask = new TcpPipe(clock, path, seed + 2, { onDelivered: answerNew, onDrain: () => {} }, there)
  const type = (): void => {
    sentAtMs.push(clock.now())
    ask.write(1)
    clock.setTimeout(type, everyMs)
  }
  fill()
  type()
  clock.advance(fromMs + ms)
  return times.filter((_, index) => (sentAtMs[index] ?? 0) >= fromMs).toSorted((a, b) => a - b)
}

const chunkBytes = 65_536
const seed = 7
