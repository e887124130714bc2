import type { IncomingMessage } from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { discardStream } from '@ls/dial'
import { type Logger, textOf } from '@ls/foundation'
import { encodeProxyHeader } from '@ls/relay'
import { type ClientAddress, refuseUpgrade } from '@ls/transport'
import type { SessionOwner } from './session-owners.js'

/** A request for a link, detached from its listener. */
export interface ArrivedLink {
  readonly request: IncomingMessage
  /** Connection of the request, without TLS. */
  readonly stream: Duplex
  /** Bytes that followed the request. */
  readonly head: Buffer
  /** Address of the client, as this process determined it. */
  readonly client: ClientAddress
}

export interface PassedLinksOptions {
  /** Most links that are passed on at a time. */
  readonly maxLinks: number
  readonly logger: Logger
}

/** Passes links on to the owners of their sessions. */
export class PassedLinks {
  readonly #options: PassedLinksOptions
  readonly #streams = new Set<Duplex>()

  constructor(options: PassedLinksOptions) {
    this.#options = options
  }

  /** Passes a link on: the owner receives the request unchanged, after a PROXY header with the client's address. */
  pass(link: ArrivedLink, owner: SessionOwner): void {
    const { stream } = link
    if (this.#streams.size >= this.#options.maxLinks)
      return refuseUpgrade(stream, { status: 503, text: `${this.#streams.size} links are passed on already.` })
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    // The listener has removed its own.
    stream.on('error', () => discardStream(stream))
    owner.connect().then(
      (behind) => join(link, behind),
      (error: unknown) => {
        this.#options.logger.warn({ reason: textOf(error) }, 'the owner of a session cannot be reached')
        refuseUpgrade(stream, { status: 503, text: 'The owner of the session cannot be reached.' })
      },
    )
  }

  /** Cuts all passed links. */
  close(): void {
    for (const stream of this.#streams) discardStream(stream)
  }
}

function join({ request, stream, head, client }: ArrivedLink, behind: Duplex): void {
  // The client may have disconnected in the meantime.
  if (stream.destroyed) return discardStream(behind)
  behind.write(proxyHeaderFor(client))
  behind.write(headOf(request))
  if (head.length > 0) behind.write(head)
  // Each stream ends the other, and destroys it on failure.
  pipeline(stream, behind, () => {})
  pipeline(behind, stream, () => {})
}

/** PROXY header with the source; the owner needs no destination. */
function proxyHeaderFor({ address, port = 0 }: ClientAddress): Buffer {
  const source = address === undefined ? undefined : { host: address, port }
  return encodeProxyHeader('v2', source, { host: '127.0.0.1', port: 0 })
}

/** Rebuilds the head of a request. Node has parsed it strictly, so its fields contain no line breaks. */
function headOf({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/1.1`]
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  // Node decodes heads as latin1: a byte for each character.
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
