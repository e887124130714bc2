import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import type { CheckedTarget } from '../target.js'

/**
 * Host name at which the half that reaches targets answers itself, so that a path can be measured without a third-party
 * server (protocol.md §1.5). No name server resolves a name below `.invalid` (RFC 6761 §6.4), so it hides no target.
 */
export const probeHost = 'probe.linksocks.invalid'

/** Ports of {@link probeHost} with their answers. Those of RFC 862 to 864 behave as their standards say. */
export const probePorts = {
  /** TCP: sends the address from which the client is linked, or nothing where it is not known; then the end. */
  address: 1,
  /** UDP: returns each datagram. */
  echo: 7,
  /** TCP: drops bytes and, at their end, sends their number in digits. */
  discard: 9,
  /** TCP: sends incompressible bytes without end. */
  source: 19,
} as const

/** Whether datagrams to this target are returned. */
export function isUdpProbe({ host, port }: CheckedTarget): boolean {
  return host === probeHost && port === probePorts.echo
}

/**
 * Opens the other end of a connection to {@link probeHost}; undefined for other targets, and for ports without an
 * answer.
 */
export function openProbe({ host, port }: CheckedTarget, source: string | undefined): Duplex | undefined {
  if (host !== probeHost) return undefined
  const probe = makeProbe(port, source)
  if (probe === undefined) return undefined
  const timer = setTimeout(() => probe.destroy(new Error('the probe took too long')), maxProbeMs)
  return probe.once('close', () => clearTimeout(timer)).pause()
}

function makeProbe(port: number, source = ''): Duplex | undefined {
  if (port === probePorts.source) return new Source()
  if (port === probePorts.discard) return new Discard()
  if (port === probePorts.address) return new Discard(source)
  return undefined
}

class Source extends Duplex {
  readonly #chunk = randomBytes(chunkBytes)

  constructor() {
    super({ readableHighWaterMark: chunkBytes })
  }

  override _read(): void {
    this.push(this.#chunk)
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done()
  }

  override _final(done: () => void): void {
    done()
    this.destroy()
  }
}

class Discard extends Duplex {
  readonly #answer: string | undefined
  #bytes = 0

  /** @param answer Sent immediately; without it, the number of bytes is sent at their end. */
  constructor(answer?: string) {
    super({ allowHalfOpen: true })
    this.#answer = answer
    if (answer !== undefined) this.#say(answer)
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#bytes += chunk.length
    done()
  }

  override _final(done: () => void): void {
    if (this.#answer === undefined) this.#say(String(this.#bytes))
    done()
  }

  #say(text: string): void {
    if (text !== '') this.push(text)
    this.push(null)
  }
}

/** Payload of one message, in bytes. */
const chunkBytes = 65_536

/** Longest probe, in milliseconds: a client that leaves one open must not receive bytes forever. */
const maxProbeMs = 60_000
