import { existsSync, linkSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs'
import { type AddressInfo, type Server, Socket } from 'node:net'
import { formatHostPort } from '@ls/foundation'

/**
 * Where a server listens, as text: `127.0.0.1:8765`, `[::]:8765` or `unix:/run/a.sock`; with the port that was asked
 * for, which may be 0.
 */
export type ListeningPlace = string

/** A listening socket that another process may have. */
export interface PassableSocket {
  /** Where it listens, as it was asked for. */
  readonly place: ListeningPlace
  /** Its file descriptor here. */
  readonly fd: number
  /** The service manager has opened it, and keeps it: the file of a UNIX socket is not this program's to remove. */
  readonly isLent: boolean
}

/**
 * The listening sockets of this process: those that it can pass to another one, and those that it has got from one and
 * that nobody has asked for yet. A process has one set of descriptors, so there is one for all.
 */
export class ListeningSockets {
  readonly #open = new Map<Server, ListeningPlace>()
  #inherited: { readonly place: ListeningPlace; readonly socket: Socket }[] = []
  /** Places whose sockets the service manager has opened. */
  readonly #lent = new Set<ListeningPlace>()
  #hasTakenOver = false

  /**
   * All that can be passed on now, those that nobody has asked for included; empty on Windows, where sockets have no
   * numbers.
   */
  get passable(): readonly PassableSocket[] {
    const open = [...this.#open].map(([server, place]) => ({ place, fd: descriptorOf(server) }))
    const unused = this.#inherited.map(({ place, socket }) => ({ place, fd: descriptorOf(socket) }))
    return [...open, ...unused]
      .filter(({ fd }) => fd >= 0)
      .map(({ place, fd }) => ({ place, fd, isLent: this.#lent.has(place) }))
  }

  /** Places of sockets that this process has got and that nobody listens on. */
  get unused(): readonly ListeningPlace[] {
    return this.#inherited.map(({ place }) => place)
  }

  /**
   * Takes a socket that another process has opened.
   *
   * @param from Where it listens, for the process that asks for it, and whether it is lent. @default its own address,
   *   lent
   */
  inherit(fd: number, from?: { readonly place: ListeningPlace; readonly isLent: boolean }): void {
    const socket = new Socket({ fd, readable: false, writable: false })
    const { place, isLent } = from ?? { place: placeOf(fd, socket), isLent: true }
    this.#inherited.push({ place, socket })
    if (isLent) this.#lent.add(place)
  }

  /** The process that had the sockets before gives them up. */
  tookOver(): void {
    this.#hasTakenOver = true
  }

  /**
   * Whether the file of an inherited UNIX socket ends with its server here; until it has taken over, another process
   * goes on with it.
   */
  ownsFile(place: ListeningPlace): boolean {
    return this.#hasTakenOver && !this.#lent.has(place)
  }

  /** A socket for a place, if there is one: `server.listen` takes it. Nobody else gets it. */
  take(place: ListeningPlace): Socket | undefined {
    const found = this.#inherited.find((each) => isSamePlace(each.place, place))
    this.#inherited = this.#inherited.filter((each) => each !== found)
    return found?.socket
  }

  /** Closes sockets that nobody has asked for. */
  closeUnused(): void {
    for (const { socket } of this.#inherited.splice(0)) socket.destroy()
  }

  /**
   * Has the files of UNIX sockets stay when their servers close: another process listens there now, and Node removes
   * them with the server that has made them.
   */
  passedOn(sockets: readonly PassableSocket[]): void {
    const places = new Set(sockets.map(({ place }) => place))
    for (const [server, place] of this.#open)
      if (place.startsWith(unixPrefix) && places.has(place)) keepPath(server, place.slice(unixPrefix.length))
  }

  /** A server listens, and may be passed on until it is closed. */
  opened(server: Server, place: ListeningPlace): void {
    this.#open.set(server, place)
    server.once('close', () => this.#open.delete(server))
  }
}

/** Those of this process. */
export const listeningSockets = new ListeningSockets()

/** For a moment, in which nothing else runs here, the path has no file: a second name keeps the socket. */
function keepPath(server: Server, path: string): void {
  const close = server.close.bind(server)
  server.close = (onClosed) => {
    const second = `${path}.kept`
    // The process that listens there now may have ended, and its file with it.
    const isKept = existsSync(path)
    if (isKept) linkSync(path, second)
    close(onClosed)
    if (isKept) renameSync(second, path)
    // Two names of one file are left as they are.
    rmSync(second, { force: true })
    return server
  }
}

const unixPrefix = 'unix:'

/** Node has no public name for it; −1 where there is none. */
function descriptorOf(holder: Server | Socket): number {
  return (holder as { _handle?: { fd?: number } | null })._handle?.fd ?? -1
}

/** The system chooses between IPv4 and all addresses where only a port is written, so all of them are one. */
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

/** Node does not tell the path of a UNIX socket. Linux does, and only there a service manager passes such sockets. */
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
