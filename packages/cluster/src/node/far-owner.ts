import type { SessionOwner } from '@ls/server'
import { dialNode } from '../trunk/dial-node.js'
import type { NodeSecret } from '../trunk/node-secret.js'
import { connectToPath, linksPathInFolder } from './folder-nodes.js'
import type { Members } from './members.js'
import { helloOf, type Probes } from './probes.js'

export interface FarOwnerOptions {
  readonly ownId: string
  readonly folder: string | undefined
  readonly secret: NodeSecret | undefined
  readonly members: Pick<Members, 'addressOf'>
  readonly probes: Pick<Probes, 'check'>
}

/** The node with this id, to which links of its sessions are passed; undefined for this one, and for unknown ones. */
export function farOwner(
  id: string,
  { ownId, folder, secret, members, probes }: FarOwnerOptions,
): SessionOwner | undefined {
  const address = id === ownId ? undefined : members.addressOf(id)
  if (address === undefined) return undefined
  return {
    connect: async () => {
      try {
        if (folder !== undefined) return await connectToPath(linksPathInFolder(folder, id))
        return (await dialNode(address, secret, helloOf('link', ownId, id))).stream
      } catch (error) {
        void probes.check(id)
        throw error
      }
    },
  }
}
