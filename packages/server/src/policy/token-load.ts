/** What the users of one token do at a node, as far as its policy limits it. */
export interface TokenLoad {
  /** Links, without those that are asked to use another node. */
  readonly links: number
  /** Open channels. */
  readonly channels: number
  /** Bytes from the users in the last second. */
  readonly up: number
  /** Bytes to the users in the last second. */
  readonly down: number
}

/** Sum of what a token does at several nodes. */
export function sumOf(loads: readonly TokenLoad[]): TokenLoad {
  const sum = { links: 0, channels: 0, up: 0, down: 0 }
  for (const load of loads) {
    sum.links += load.links
    sum.channels += load.channels
    sum.up += load.up
    sum.down += load.down
  }
  return sum
}

/** A rate that nodes share, and the use of it by the other nodes. */
export interface RateShareRequest {
  /** Rate of all nodes together, in bytes a second. */
  readonly rate: number
  /** Bytes that each other node has moved in the last second. */
  readonly others: readonly number[]
  /** Share so far, in bytes a second. */
  readonly before: number
}

/**
 * Share of this node in a rate, in bytes a second: what the others leave, and at least the same part as theirs. It
 * grows by halves of the way: two nodes that see the same rest would otherwise both take it, and both give it back.
 */
export function rateShare({ rate, others, before }: RateShareRequest): number {
  const active = others.filter((bytes) => bytes > 0)
  if (active.length === 0) return rate
  const rest = rate - active.reduce((sum, bytes) => sum + bytes, 0)
  const share = Math.max(rest, rate / (active.length + 1))
  return share <= before ? share : (before + share) / 2
}
