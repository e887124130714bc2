import { textOf } from '@ls/foundation'

/** Whether it is JetStream's "wrong last sequence". */
export function isWrongRevision(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code
  return code === 10_071 || textOf(error).includes('wrong last sequence')
}

/** Whether no stream takes a change: it was removed, or has no leader. The library names it after the usual cause. */
export function isNoStream(error: unknown): boolean {
  return (error as { readonly name?: unknown }).name === 'JetStreamNotEnabled'
}

/** Whether it is JetStream's "stream not found". */
export function isNotFound(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 10_059
}

/** Errors of JetStream that settings cause: more replicas than servers, a bucket that exists with other settings. */
const settingsErrors: ReadonlySet<unknown> = new Set([10_074, 10_058])

/** Whether NATS refuses this node, its credentials or its settings, in contrast to a server that is not ready. */
export function isRefusal(error: unknown): boolean {
  const { name, code, syscall } = error as {
    readonly name?: string
    readonly code?: unknown
    readonly syscall?: string
  }
  const isWrongLogin = name === 'AuthorizationError' && !textOf(error).toLowerCase().includes('timeout')
  // A credentials file that cannot be read.
  return isWrongLogin || syscall === 'open' || settingsErrors.has(code)
}
