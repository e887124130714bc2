import type { ServerState } from '@ls/server'

/** A token for a use; undefined where the server is to make one. */
export type MakeToken = (use: 'token' | 'connector token') => string | undefined

/** Made-up tokens: the same after each start where there is a state file. Further ones of a use get numbers. */
export function madeTokens(state: ServerState | undefined): MakeToken {
  const counts = new Map<string, number>()
  return (use) => {
    const count = (counts.get(use) ?? 0) + 1
    counts.set(use, count)
    return state?.made(count === 1 ? use : `${use} ${count}`)
  }
}
