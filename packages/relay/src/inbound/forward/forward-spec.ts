import { textOf } from '@ls/foundation'
import {
  formatListenAddress,
  parseListenAddress,
  type TcpAddress,
  type UnixAddress,
} from '../../listen/listen-address.js'
import { formatTarget, readHostPort, type CheckedTarget } from '../../target.js'

/** A fixed port: everything that is sent to it goes to one target. */
export type Forward = TcpForward | UdpForward

export interface TcpForward {
  readonly protocol: 'tcp'
  readonly listenOn: TcpAddress | UnixAddress
  readonly target: CheckedTarget
}

export interface UdpForward {
  readonly protocol: 'udp'
  readonly listenOn: TcpAddress
  readonly target: CheckedTarget
}

/**
 * Parses `5432=db.internal:5432`, `0.0.0.0:5432=db.internal:5432`, `unix:/run/db.sock=db.internal:5432` or
 * `udp:5353=10.0.0.2:53`. Without an address it listens on 127.0.0.1; port 0 is any free one.
 *
 * @throws RangeError naming the value and what is wrong with it
 */
export function parseForward(text: string): Forward {
  // A path may contain "=", a target cannot.
  const split = text.lastIndexOf('=')
  if (split < 1) throw new RangeError(`"${text}" is no fixed port; write ${forms}`)
  const target = readTarget(text, text.slice(split + 1))
  const place = text.slice(0, split)
  const isUdp = place.startsWith(udpPrefix)
  const listenOn = parseListenAddress(isUdp ? place.slice(udpPrefix.length) : place)
  if ('webSocket' in listenOn) throw new RangeError(`"${text}" listens on a WebSocket; a fixed port is ${forms}`)
  if (!isUdp) return { protocol: 'tcp', listenOn, target }
  if ('path' in listenOn) throw new RangeError(`"${text}" is UDP on a UNIX socket; that is for TCP alone`)
  return { protocol: 'udp', listenOn, target }
}

/** Formats a forward so that {@link parseForward} parses it. */
export function formatForward({ protocol, listenOn, target }: Forward): string {
  return `${protocol === 'udp' ? udpPrefix : ''}${formatListenAddress(listenOn)}=${formatTarget(target)}`
}

function readTarget(text: string, target: string): CheckedTarget {
  try {
    return readHostPort(target)
  } catch (error) {
    throw new RangeError(`"${text}" has no valid target: ${textOf(error)}`, { cause: error })
  }
}

const udpPrefix = 'udp:'
const forms = 'PORT=HOST:PORT, ADDR:PORT=HOST:PORT, unix:PATH=HOST:PORT or udp:PORT=HOST:PORT'
