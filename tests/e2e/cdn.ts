import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onceEvent } from '@ls/testkit'
import { afterTest } from '../stress/cleanup.js'

export interface CdnOptions {
  /** Port of the server behind it. */
  readonly serverPort: number
  /** A WebSocket without a byte for this long is cut, in milliseconds. CDNs take 15 s to 100 s. */
  readonly idleMs: number
  /** A WebSocket is cut this long after it was opened, in milliseconds. CDNs take a minute to two days. */
  readonly lifeMs: number
  /** How long it gathers bytes before it passes them on, in milliseconds. @default 5 */
  readonly bufferMs?: number
}

export interface Cdn {
  readonly port: number
  /** WebSockets cut so far. */
  readonly cuts: { readonly idle: number; readonly old: number }
}

/**
 * Treats WebSockets as CDNs do: cuts idle ones, and all others at a certain age, without a close frame; gathers bytes
 * before it passes them on, so that frames arrive in other pieces than they were sent; and writes header names in lower
 * case.
 */
export async function startCdn(options: CdnOptions): Promise<Cdn> {
  const cuts = { idle: 0, old: 0 }
  const open = new Set<Duplex>()
  const server = createServer((_request, response) => void response.writeHead(404).end())
  server.on('upgrade', (request, visitor: Duplex, head: Buffer) => {
    const behind = connect(options.serverPort, '127.0.0.1')
    for (const end of [visitor, behind]) {
      open.add(end)
      end.on('error', () => end.destroy())
      end.on('close', () => open.delete(end))
    }
    behind.once('connect', () => behind.write(Buffer.concat([Buffer.from(lowerCaseHead(request)), head])))
    join(visitor, behind, options, cuts)
  })
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  afterTest(() => {
    server.close()
    server.closeAllConnections()
    for (const end of open) end.destroy()
  })
  return { port: (server.address() as { port: number }).port, cuts }
}

function lowerCaseHead({ method, url, headers }: IncomingMessage): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  return `${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function join(
  visitor: Duplex,
  behind: Socket,
  { idleMs, lifeMs, bufferMs = 5 }: CdnOptions,
  cuts: { idle: number; old: number },
): void {
  const cut = (why: keyof typeof cuts): void => {
    cuts[why]++
    visitor.destroy()
    behind.destroy()
  }
  const life = setTimeout(() => cut('old'), lifeMs)
  const idle = setTimeout(() => cut('idle'), idleMs)
  const stop = (): void => {
    clearTimeout(life)
    clearTimeout(idle)
    visitor.destroy()
    behind.destroy()
  }
  visitor.once('close', stop)
  behind.once('close', stop)
  for (const [from, to] of [
    [visitor, behind],
    [behind, visitor],
  ] as const) {
    from.on('data', (chunk: Buffer) => {
      idle.refresh()
      // Reads on only when this has left: a CDN has a limited buffer too.
      from.pause()
      setTimeout(() => {
        if (to.destroyed) return
        if (to.write(chunk)) from.resume()
        else to.once('drain', () => from.resume())
      }, bufferMs)
    })
  }
}
