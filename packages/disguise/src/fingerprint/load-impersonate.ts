import type * as tlsImpersonate from 'tls-impersonate'

/** The used part of the package. */
export type Impersonate = Pick<typeof tlsImpersonate, 'impersonate' | 'isSupported'>

/** Loads the package that makes Node's own TLS imitate a browser's; undefined if it is missing or Node is too old. */
export async function loadImpersonate(
  load: () => Promise<Impersonate> = () => import('tls-impersonate'),
): Promise<Impersonate | undefined> {
  try {
    const loaded = await load()
    return loaded.isSupported() ? loaded : undefined
  } catch {
    // wreq-js does the same, and its error says what is missing when it is not installed either.
    return undefined
  }
}
