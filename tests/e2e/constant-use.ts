import { createHash } from 'node:crypto'
import { connect } from '@ls/socks5/node'
import { onceEvent, seededBytes } from '@ls/testkit'
import { awaitedLater } from '../stress/cleanup.js'

interface Address {
  readonly host: string
  readonly port: number
}

/** Sends bytes and reads them back until it is stopped; resolves with whether all came back unchanged. */
export function transfer(proxy: Address, target: Address) {
  let isOver = false
  const opening = connect({ proxy, target })
  const run = async (): Promise<boolean> => {
    const [sent, received] = [createHash('sha256'), createHash('sha256')]
    const socket = await opening
    const source = seededBytes(7)
    let ahead = 0
    const send = (): void => {
      if (isOver) return void socket.end()
      const bytes = source.take(30_000)
      sent.update(bytes)
      ahead += bytes.length
      socket.write(bytes)
    }
    send()
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received.update(chunk)
      ahead -= chunk.length
      if (ahead === 0) send()
    }
    return sent.digest('hex') === received.digest('hex')
  }
  const opened = awaitedLater(opening.then(() => {}))
  return { opened, result: awaitedLater(run()), stop: () => void (isOver = true) }
}

/** Opens one connection after the other until it is stopped; resolves with their number. All must work. */
export function visits(proxy: Address, target: Address) {
  let isOver = false
  const visit = async (count: number): Promise<number> => {
    if (isOver) return count
    const socket = await connect({ proxy, target })
    socket.write('hello')
    await onceEvent(socket, 'data', { timeoutMs: 20_000 })
    socket.destroy()
    return visit(count + 1)
  }
  return { result: awaitedLater(visit(0)), stop: () => void (isOver = true) }
}
