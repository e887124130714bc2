import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { formatHostPort } from '@ls/foundation'
import { listenOnPath, type ListenOnPathOptions } from './listen-on-path.js'
import { listeningSockets } from './listening-sockets.js'

/**
 * Connections that may wait to be accepted; the system reduces it to its own limit. With Node's 511, a flood of 5,000 a
 * second on a busy machine made others wait for TCP to try again, after one and three seconds.
 */
const backlog = 4096

/** Address or path for {@link listenAt}. */
export type ListenPlace = (
  | {
      /** Address or name. */
      readonly host: string
      /** 0 for any free one. */
      readonly port: number
    }
  | {
      /** Path of a UNIX socket, see {@link listenOnPath}. */
      readonly path: string
      /** Permissions of its file. */
      readonly mode: ListenOnPathOptions['mode']
    }
) & {
  /** Whether this process alone accepts there, even if the processes of a `node:cluster` share ports. @default false */
  readonly exclusive?: boolean | undefined
}

/**
 * Makes `server` listen. If the process was given a socket for this place, by the service manager or by the previous
 * process, it is used instead of a new one.
 *
 * @throws Node's own errors, such as EADDRINUSE
 */
export async function listenAt(server: Server, place: ListenPlace, signal?: AbortSignal): Promise<void> {
  const path = 'path' in place ? place.path : undefined
  const name = 'path' in place ? `unix:${place.path}` : formatHostPort(place.host, place.port)
  const given = listeningSockets.take(name)
  if (given !== undefined) {
    server.listen(given)
    await once(server, 'listening', { signal })
    // Node removes only files that it has made.
    if (path !== undefined) removeOnClose(server, path, () => listeningSockets.ownsFile(name))
  } else if ('path' in place) {
    await listenOnPath(server, place.path, { mode: place.mode, exclusive: place.exclusive, signal })
  } else {
    server.listen({ host: place.host, port: place.port, backlog, exclusive: place.exclusive })
    await once(server, 'listening', { signal })
  }
  listeningSockets.opened(server, name)
  // A connection that cannot be accepted, such as with too many open files, must not end the process.
  server.on('error', () => {})
}

function removeOnClose(server: Server, path: string, isOurs: () => boolean): void {
  const close = server.close.bind(server)
  server.close = (onClosed) => {
    close(onClosed)
    if (isOurs()) rmSync(path, { force: true })
    return server
  }
}
