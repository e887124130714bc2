import { connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { onceEvent } from '@ls/testkit'
import { afterTest } from '../stress/cleanup.js'

/** A port that leads to another port of this machine. */
export interface Way {
  readonly port: number
  /** Makes it lead to another port from now on. Open connections are cut unless `cut` is false. */
  leadTo(port: number, how?: { readonly cut?: boolean }): void
}

/** Opens a way to a port. */
export async function wayTo(first: number): Promise<Way> {
  const sockets = new Set<Socket>()
  let target = first
  const server = createServer((socket) => {
    const behind = connect(target, '127.0.0.1')
    for (const each of [socket, behind]) sockets.add(each)
    pipeline(socket, behind, socket, () => {})
  })
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  afterTest(() => {
    server.close()
    cut()
  })
  return {
    port: (server.address() as { port: number }).port,
    leadTo: (port, { cut: isCut = true } = {}) => {
      target = port
      if (isCut) cut()
    },
  }
}
