/** Message from the process that ends to the one that takes over. */
export type ToSuccessor =
  /** States of its servers, by their names. It no longer changes them. */
  | { readonly kind: 'states'; readonly states: Readonly<Record<string, string>> }
  /** Bytes that tokens have used there since then, by server and token. */
  | { readonly kind: 'used'; readonly used: Readonly<Record<string, Readonly<Record<string, number>>>> }

/** Message from the process that takes over. */
export type ToPredecessor =
  /** Its settings are valid; it needs the states. */
  | { readonly kind: 'prepared' }
  /** All its ports are open. */
  | { readonly kind: 'ready' }

/** Data for a process that takes over from another one. */
export interface Succession {
  /** Folder in which processes pass links to each other. */
  readonly folder: string
  /** Addresses of the sockets that it receives, in the order of their numbers. */
  readonly places: readonly string[]
  /** Those of them that the service manager has opened. */
  readonly lent: readonly string[]
}

/** Variable with a {@link Succession}, for the process that takes over. */
export const successionVariable = 'LINKSOCKS_SUCCESSION'

/**
 * Descriptor of a pipe to the first of all processes, which ends with the last one. Before it come standard input,
 * output and error, and the channel for messages.
 */
export const keeperFd = 4

export const firstSocketFd = 5

/**
 * Time for a start on a slow and busy machine, until it is prepared, and from then until it is ready; in milliseconds.
 */
export const stepMs = 60_000

/** Parses a {@link Succession}, which only this program writes. @throws SyntaxError for any other text */
export function readSuccession(text: string): Succession {
  // Earlier versions do not send `lent`.
  const { folder, places, lent = [] } = JSON.parse(text) as Partial<Succession>
  if (typeof folder === 'string' && Array.isArray(places)) return { folder, places, lent }
  throw new SyntaxError(`${successionVariable} is not a value that the previous process wrote`)
}
