import { createServer, type Server, type Socket } from 'node:net'
import { discardStream } from '@ls/dial'
import { type PortForwardOptions, readHostName, serveForward } from '@ls/relay'
import type { HostMember, HostTable } from './host-table.js'
import { maxHelloBytes, readServerName } from './server-name.js'

export interface TlsHostsOptions {
  readonly table: HostTable
  /** Options shared by all connections. */
  readonly forward: Pick<PortForwardOptions, 'logger' | 'rareLog'>
  /** Called when the name of a connection is known. */
  readonly onName: (socket: Socket) => void
  /** Takes connections for unknown names, with all bytes still unread; undefined to refuse them. */
  readonly onOther: ((socket: Socket) => void) | undefined
}

/** A port whose TLS connections go to providers by their server name, still encrypted. */
export function serveTlsHosts(options: TlsHostsOptions): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    void serve(socket, options)
  })
  server.maxConnections = maxConnections
  return server
}

async function serve(socket: Socket, { table, forward, onName, onOther }: TlsHostsOptions): Promise<void> {
  const name = await peekServerName(socket)
  if (name === undefined) return discardStream(socket)
  onName(socket)
  const member = find(table, name)
  if (member !== undefined) return pass(socket, member, forward)
  if (onOther !== undefined) return onOther(socket)
  socket.end(unrecognizedName, () => discardStream(socket))
}

function find(table: HostTable, name: string): HostMember | undefined {
  try {
    return table.next('tls', readHostName(name))
  } catch {
    return undefined
  }
}

function pass(socket: Socket, { exposure, source, slots }: HostMember, shared: TlsHostsOptions['forward']): void {
  const { target, proxyHeader } = exposure
  const forward = { protocol: 'tcp', listenOn: { host: '', port: 443 }, target } as const
  void serveForward(socket, forward, { ...shared, ...source, proxyHeader, slots })
}

/**
 * Reads the server name of a fresh, paused socket and leaves all bytes in it; empty if the client sends no name.
 * Undefined for anything but TLS, and where the name does not come in time.
 */
function peekServerName(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const settle = (name: string | undefined): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onGone).off('close', onGone).pause()
      if (name !== undefined) socket.unshift(bytes)
      resolve(name)
    }
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const found = readServerName(bytes)
      if (found.kind === 'hello') settle(found.name ?? '')
      else if (found.kind === 'other' || bytes.length > 2 * maxHelloBytes) settle(undefined)
    }
    const onGone = (): void => settle(undefined)
    const timer = setTimeout(onGone, helloMs)
    socket.on('data', onData).on('end', onGone).on('close', onGone).resume()
  })
}

/** Fatal alert (RFC 8446 §6): unrecognized_name. */
const unrecognizedName = Buffer.of(21, 3, 1, 0, 2, 2, 112)

/** Time for the ClientHello, in milliseconds. */
const helloMs = 10_000

/** The same limit as for a proxy port. */
const maxConnections = 65_536
