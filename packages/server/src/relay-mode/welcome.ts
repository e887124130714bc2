import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { version } from '../version.js'

/** Lines that a relay sends to every client; each is one Log message. */
export function welcomeLines(
  { record, remoteAddress }: Pick<Peer, 'record' | 'remoteAddress'>,
  groups: Pick<ReverseGroups, 'of'>,
  notice: string | undefined,
): string[] {
  const { providers = 0, connectors = 0 } = groups.of(record)?.sizes ?? {}
  const group = `${counted(providers, 'provider')} and ${counted(connectors, 'connector')}`
  const welcome = `Welcome to this LinkSocks relay, version ${version}. You come from ${remoteAddress}. Your group has ${group}.`
  return [welcome, ...(notice === undefined ? [] : notice.split(/\r?\n/).filter((line) => line.trim() !== ''))]
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
