import type { FaultRelay } from '@ls/testkit'
import { socksConnect } from './socks-client.js'
import { download } from './transfer.js'

export interface LossyDownload {
  readonly socksPort: number
  /** Port of a transfer server on this machine. */
  readonly target: number
  readonly bytes: number
  /** Path of a link that carries the download. */
  readonly path: FaultRelay
  /** How often the link breaks, at equal distances. */
  readonly losses: number
}

/**
 * Downloads over a link that breaks several times, and returns the hash. @throws Error if the link did not break as
 * often as requested
 */
export async function downloadThroughLosses({
  socksPort,
  target,
  bytes,
  path,
  losses,
}: LossyDownload): Promise<string> {
  const socket = await socksConnect(socksPort, '127.0.0.1', target)
  let [received, broken] = [0, 0]
  socket.on('data', ({ length }: Buffer) => {
    received += length
    if (broken === losses || received < ((broken + 1) * bytes) / (losses + 1)) return
    broken++
    path.strike('reset')
  })
  const digest = await download(socket, bytes)
  socket.destroy()
  if (broken !== losses) throw new Error(`the link broke ${broken} times, not ${losses}`)
  return digest
}
