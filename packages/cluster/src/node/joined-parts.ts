import type { Socket } from 'node:net'
import type { LinkSocksServer, LocalNode } from '@ls/server'
import type { IncomingTrunks } from '../trunk/incoming-trunks.js'
import { writeLine } from '../trunk/json-line.js'
import type { NodeHello } from '../trunk/node-hello.js'
import type { NodeListener } from '../trunk/node-listener.js'
import type { LinksFromNodes } from './links-from-nodes.js'
import type { LoadSpread } from './load-spread.js'
import type { Trunks } from './trunks.js'

/** Parts of a node that exist once it has joined its cluster. */
export interface JoinedParts {
  readonly server: LinkSocksServer
  readonly localNode: LocalNode
  readonly listener: NodeListener
  readonly trunks: Trunks
  readonly incoming: IncomingTrunks
  readonly links: LinksFromNodes
  /** Undefined where clients stay at their node. */
  readonly spread: LoadSpread | undefined
}

/** Serves a connection of another node. */
export function serve(hello: NodeHello, stream: Socket, joined: JoinedParts | undefined): void {
  if (hello.purpose === 'trunk') joined?.incoming.accept(hello, stream)
  else if (hello.purpose === 'link') joined?.links.accept(stream)
  else {
    writeLine(stream, {})
    stream.end()
  }
}
