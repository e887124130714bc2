import type { LiveConnection } from './live-connection.js'
import { type Page, pageOf } from './query.js'
import type { Rates } from './rates.js'

/** Keys by which connections can be grouped. */
export const groupKinds = ['target', 'token', 'provider'] as const

/** One of {@link groupKinds}. */
export type GroupKind = (typeof groupKinds)[number]

/** Selection and order of groups. */
export interface GroupQuery extends Page {
  readonly group: GroupKind
  /** Sort key; by connections if it is not a key of groups. */
  readonly sort: string
}

interface Group {
  readonly id: string
  readonly name: string | null
  connections: number
  bytesToTarget: number
  bytesFromTarget: number
  rateToTarget: number
  rateFromTarget: number
}

/** Groups connections; returns a page of the groups. */
export function listGroups(matched: readonly LiveConnection[], query: GroupQuery, rates: Rates): object {
  const groups = new Map<string, Group>()
  for (const connection of matched) {
    const [id, name] = keys[query.group](connection)
    const group = groups.get(id) ?? emptyGroup(id, name)
    groups.set(id, group)
    add(group, connection, rates)
  }
  const page = pageOf([...groups.values()], sortKeys[query.sort] ?? byConnections, query)
  return { group: query.group, matched: groups.size, offset: query.offset, groups: page.map(describe) }
}

const keys: Readonly<Record<GroupKind, (connection: LiveConnection) => readonly [id: string, name: string | null]>> = {
  target: ({ target, protocol }) => [target ?? protocol, target ?? null],
  token: ({ link }) => [link?.tokenId ?? '', link?.tokenName ?? link?.tokenId ?? null],
  provider: ({ provider }) => [provider?.id ?? '', provider?.address ?? null],
}

const byConnections = ({ connections }: Group): number => connections

const sortKeys: Readonly<Record<string, (group: Group) => number | string>> = {
  rate: ({ rateToTarget, rateFromTarget }) => rateToTarget + rateFromTarget,
  rate_to_target: ({ rateToTarget }) => rateToTarget,
  rate_from_target: ({ rateFromTarget }) => rateFromTarget,
  bytes: ({ bytesToTarget, bytesFromTarget }) => bytesToTarget + bytesFromTarget,
  target: ({ name }) => name ?? '',
}

function emptyGroup(id: string, name: string | null): Group {
  return { id, name, connections: 0, bytesToTarget: 0, bytesFromTarget: 0, rateToTarget: 0, rateFromTarget: 0 }
}

function add(group: Group, { key, bytesToTarget, bytesFromTarget }: LiveConnection, rates: Rates): void {
  const rate = rates.of(key)
  group.connections++
  group.bytesToTarget += bytesToTarget
  group.bytesFromTarget += bytesFromTarget
  group.rateToTarget += rate?.toTarget ?? 0
  group.rateFromTarget += rate?.fromTarget ?? 0
}

function describe(group: Group): object {
  return {
    id: group.id,
    name: group.name,
    connections: group.connections,
    bytes_to_target: group.bytesToTarget,
    bytes_from_target: group.bytesFromTarget,
    rate_to_target: group.rateToTarget,
    rate_from_target: group.rateFromTarget,
  }
}
