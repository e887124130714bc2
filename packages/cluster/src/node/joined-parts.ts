import type { Socket } from 'node:net'
import type { Clock, Logger } from '@ls/foundation'
import type { LinkSocksServer, LocalNode } from '@ls/server'
import type { NodeAddress } from '../trunk/dial-node.js'
import { IncomingTrunks } from '../trunk/incoming-trunks.js'
import { writeLine } from '../trunk/json-line.js'
import type { NodeHello } from '../trunk/node-hello.js'
import { NodeListener } from '../trunk/node-listener.js'
import type { NodeSecret } from '../trunk/node-secret.js'
import { linksPathInFolder } from './folder-nodes.js'
import { LinksFromNodes } from './links-from-nodes.js'
import { type LoadSpread, spreadLoad } from './load-spread.js'
import type { Members } from './members.js'
import type { ClusterNodeOptions } from './node-options.js'
import type { Presence } from './presence.js'
import type { Probes } from './probes.js'
import { Trunks } from './trunks.js'

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

interface OpenPartsOptions {
  readonly server: LinkSocksServer
  readonly options: Pick<ClusterNodeOptions, 'folder' | 'spread'>
  /** Address at which other nodes reach this one. */
  readonly listen: NodeAddress
  readonly secret: NodeSecret | undefined
  readonly ownId: string
  readonly logger: Logger
  readonly clock: Clock
  readonly members: Members
  readonly presence: Presence
  readonly probes: Probes
  /** The parts, once they are there: a node may connect earlier. */
  joined(): JoinedParts | undefined
}

/** Opens the parts. @throws TransportError for a port that cannot be opened */
export async function openParts({
  server,
  options,
  listen,
  joined,
  ...shared
}: OpenPartsOptions): Promise<JoinedParts> {
  const { localNode } = server
  const { ownId, clock, probes } = shared
  const onHello = (hello: NodeHello, stream: Socket): void => serve(hello, stream, joined())
  const listener = await NodeListener.open({ ...shared, listen, onHello })
  return {
    server,
    localNode,
    listener,
    trunks: new Trunks({ ...shared, localNode }),
    incoming: new IncomingTrunks(localNode, clock, (id) => void probes.check(id)),
    links: await LinksFromNodes.open(server, options.folder && linksPathInFolder(options.folder, ownId)),
    spread: options.spread === false ? undefined : spreadLoad({ ...shared, localNode }),
  }
}

/** Closes the parts; resolves when the links of other nodes are gone. */
export async function closeParts({ trunks, incoming, listener, links, spread }: JoinedParts): Promise<void> {
  spread?.close()
  trunks.close()
  incoming.close()
  listener.close()
  await links.close()
}

/** Serves a connection of another node. */
function serve(hello: NodeHello, stream: Socket, joined: JoinedParts | undefined): void {
  if (hello.purpose === 'trunk') joined?.incoming.accept(hello, stream)
  else if (hello.purpose === 'link') joined?.links.accept(stream)
  else {
    writeLine(stream, {})
    stream.end()
  }
}
