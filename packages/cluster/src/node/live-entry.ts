import type { FarPeers, TokenLoad, UsedAmounts } from '@ls/server'
import type { UseEntry } from '../shared/shared-use.js'
import type { NodeInfo } from './members.js'

/** Key of the entry by which a node says that it lives. */
export function nodeKey(id: string): string {
  return `node.${id}`
}

/** Parses a node's own entry in the store; undefined for any other text. */
export function readNodeInfo(text: string): NodeInfo | undefined {
  const info = readObject<NodeInfo>(text)
  const { host, port } = info?.address ?? {}
  const numbers = [info?.version, info?.beat, info?.links, info?.channels, port]
  const isInfo = [info?.id, host, info?.release].every(isText) && numbers.every(Number.isSafeInteger)
  return isInfo && typeof info?.draining === 'boolean' ? (info as NodeInfo) : undefined
}

/** Parses the list of a node's peers of a token; undefined for any other text. */
export function readFarPeers(text: string): FarPeers | undefined {
  const { providers, connectors } = readObject<FarPeers>(text) ?? {}
  if (!Array.isArray(providers) || !Array.isArray(connectors)) return undefined
  const isThere =
    providers.every(isText) && connectors.every((each) => isText((each as { instance?: unknown } | null)?.instance))
  return isThere ? { providers, connectors } : undefined
}

/** Parses what a node has counted for a quota; undefined for any other text. */
export function readUse(text: string): UseEntry | undefined {
  const { used, isKept } = readObject<UseEntry>(text) ?? {}
  if (typeof used !== 'object' || used === null || typeof isKept !== 'boolean') return undefined
  const { day, month } = used
  const isAmount = (amount: UsedAmounts['day']): boolean =>
    amount === undefined || (isText(amount?.period) && Number.isSafeInteger(amount.bytes) && amount.bytes >= 0)
  return isAmount(day) && isAmount(month) ? { used, isKept } : undefined
}

/** Parses what users of a token do at a node; undefined for any other text. */
export function readLoad(text: string): TokenLoad | undefined {
  const { links, channels, up, down } = readObject<TokenLoad>(text) ?? {}
  const isLoad = [links, channels, up, down].every((each) => typeof each === 'number' && each >= 0 && each < Infinity)
  return isLoad ? ({ links, channels, up, down } as TokenLoad) : undefined
}

/** Parses an object of JSON; undefined for any other text. */
export function readObject<T>(text: string): Partial<T> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}
