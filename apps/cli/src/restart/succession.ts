/** From the process that ends to the one that takes over. */
export type ToSuccessor =
  /** What its servers know, by their names. It changes nothing of it from now on. */
  | { readonly kind: 'states'; readonly states: Readonly<Record<string, string>> }
  /** What tokens have used there since, in bytes, by server and token. */
  | { readonly kind: 'used'; readonly used: Readonly<Record<string, Readonly<Record<string, number>>>> }

/** From the process that takes over. */
export type ToPredecessor =
  /** Its settings are right; it needs the states. */
  | { readonly kind: 'prepared' }
  /** All of its ports are open. */
  | { readonly kind: 'ready' }

/** What a process needs to take over from another one. */
export interface Succession {
  /** Where processes pass links to each other. */
  readonly folder: string
  /** Where the sockets listen that it is given, in the order of their numbers. */
  readonly places: readonly string[]
  /** Those of them that the service manager has opened. */
  readonly lent: readonly string[]
}

/** Has a {@link Succession}, for the process that takes over. */
export const successionVariable = 'LINKSOCKS_SUCCESSION'

/**
 * A pipe to the first of all processes, which ends with the last one. Before it come standard input, output and error,
 * and the channel for messages.
 */
export const keeperFd = 4

export const firstSocketFd = 5

/** For a start on a slow and busy machine, until it is prepared, and from then until it is ready; in milliseconds. */
export const stepMs = 60_000

/** @throws SyntaxError for what {@link Succession} is not; only this program writes it */
export function readSuccession(text: string): Succession {
  // Versions before knew nothing of what is lent.
  const { folder, places, lent = [] } = JSON.parse(text) as Partial<Succession>
  if (typeof folder === 'string' && Array.isArray(places)) return { folder, places, lent }
  throw new SyntaxError(`${successionVariable} is not what a process before has written`)
}
