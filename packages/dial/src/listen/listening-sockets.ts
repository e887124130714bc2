import { existsSync, linkSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs'
import { type AddressInfo, type Server, Socket } from 'node:net'
import { formatHostPort } from '@ls/foundation'

/**
 * Address of a server as text: `127.0.0.1:8765`, `[::]:8765` or `unix:/run/a.sock`; with the requested port, which may
 * be 0.
 */
export type ListeningPlace = string

/** A listening socket that may be passed to another process. */
export interface PassableSocket {
  /** The address as it was requested. */
  readonly place: ListeningPlace
  /** File descriptor of the socket in this process. */
  readonly fd: number
  /**
   * Whether the service manager opened it and keeps it: this program must not remove the file of such a UNIX socket.
   */
  readonly isLent: boolean
}

/**
 * The listening sockets of this process: those that it can pass to another one, and those that it has received and not
 * used yet. A process has one set of descriptors, so there is one instance.
 */
export class ListeningSockets {
  readonly #open = new Map<Server, ListeningPlace>()
  #inherited: { readonly place: ListeningPlace; readonly socket: Socket }[] = []
  /** Places whose sockets the service manager has opened. */
  readonly #lent = new Set<ListeningPlace>()
  #hasTakenOver = false

  /** All sockets that can be passed on now, including unused ones; empty on Windows, where sockets have no numbers. */
  get passable(): readonly PassableSocket[] {
    const open = [...this.#open].map(([server, place]) => ({ place, fd: descriptorOf(server) }))
    const unused = this.#inherited.map(({ place, socket }) => ({ place, fd: descriptorOf(socket) }))
    return [...open, ...unused]
      .filter(({ fd }) => fd >= 0)
      .map(({ place, fd }) => ({ place, fd, isLent: this.#lent.has(place) }))
  }

  /** Places of received sockets without a server. */
  get unused(): readonly ListeningPlace[] {
    return this.#inherited.map(({ place }) => place)
  }

  /**
   * Adds a socket that another process has opened.
   *
   * @param from Its place, and whether it is lent. @default its own address, lent
   */
  inherit(fd: number, from?: { readonly place: ListeningPlace; readonly isLent: boolean }): void {
    const socket = new Socket({ fd, readable: false, writable: false })
    const { place, isLent } = from ?? { place: placeOf(fd, socket), isLent: true }
    this.#inherited.push({ place, socket })
    if (isLent) this.#lent.add(place)
  }

  /** Called when the previous process has given up its sockets. */
  tookOver(): void {
    this.#hasTakenOver = true
  }

  /**
   * Whether the file of an inherited UNIX socket is removed with its server here; until this process has taken over,
   * another one still uses it.
   */
  ownsFile(place: ListeningPlace): boolean {
    return this.#hasTakenOver && !this.#lent.has(place)
  }

  /** Returns and removes the socket for a place, if there is one, for `server.listen`. */
  take(place: ListeningPlace): Socket | undefined {
    const found = this.#inherited.find((each) => isSamePlace(each.place, place))
    this.#inherited = this.#inherited.filter((each) => each !== found)
    return found?.socket
  }

  /** Closes unused sockets. */
  closeUnused(): void {
    for (const { socket } of this.#inherited.splice(0)) socket.destroy()
  }

  /**
   * Keeps the files of UNIX sockets when their servers close: another process listens there now, and Node removes the
   * files with the server that made them.
   */
  passedOn(sockets: readonly PassableSocket[]): void {
    const places = new Set(sockets.map(({ place }) => place))
    for (const [server, place] of this.#open)
      if (place.startsWith(unixPrefix) && places.has(place)) keepPath(server, place.slice(unixPrefix.length))
  }

  /** Registers a listening server, which may be passed on until it is closed. */
  opened(server: Server, place: ListeningPlace): void {
    this.#open.set(server, place)
    server.once('close', () => this.#open.delete(server))
  }
}

/** The listening sockets of this process. */
export const listeningSockets = new ListeningSockets()

/**
 * Keeps the socket file when the server closes: a second name keeps it until Node has removed the path. No other code
 * runs meanwhile.
 */
function keepPath(server: Server, path: string): void {
  const close = server.close.bind(server)
  server.close = (onClosed) => {
    const second = `${path}.kept`
    // The process that listens there now may have ended and removed its file.
    const isKept = existsSync(path)
    if (isKept) linkSync(path, second)
    close(onClosed)
    if (isKept) renameSync(second, path)
    // If both names still lead to the same file, renaming has changed nothing.
    rmSync(second, { force: true })
    return server
  }
}

const unixPrefix = 'unix:'

/** Returns the descriptor, for which Node has no public name; −1 where there is none. */
function descriptorOf(holder: Server | Socket): number {
  return (holder as { _handle?: { fd?: number } | null })._handle?.fd ?? -1
}

/**
 * Whether two places are the same. Where only a port is given, the system chooses between IPv4 and all addresses, so
 * all of them count as one.
 */
function isSamePlace(one: ListeningPlace, other: ListeningPlace): boolean {
  return one === other || withoutWildcard(one) === withoutWildcard(other)
}

function withoutWildcard(place: ListeningPlace): string {
  return place.replace(/^(?:0\.0\.0\.0|\[::\]):/, '*:')
}

function placeOf(fd: number, socket: Socket): ListeningPlace {
  const { address = '', port } = socket.address() as Partial<AddressInfo>
  if (port === undefined) return unixPrefix + (pathOf(fd) ?? '')
  return formatHostPort(address, port)
}

/**
 * Returns the path of a UNIX socket, which Node does not report. Linux does, and service managers pass such sockets
 * only there.
 */
function pathOf(fd: number): string | undefined {
  try {
    const inode = /\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0]
    const line = readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .find((each) => each.split(/\s+/)[6] === inode)
    return line?.split(/\s+/).slice(7).join(' ')
  } catch {
    return undefined
  }
}
