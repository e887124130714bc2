import { signal } from '@preact/signals'
import { ApiError, call } from './call.js'

/** Whether the user is signed in: `asking` until the first answer. */
export const session = signal<'asking' | 'out' | 'in'>('asking')

/**
 * Key in the address: a client prints its address with the key after `#key=`. It is removed immediately from the
 * address, and so from the history.
 */
const keyPattern = /^#key=(\w+)$/

/** Checks whether the browser still has a session. While the server cannot be reached, it counts as signed in. */
export async function findSession(): Promise<void> {
  const [, key] = keyPattern.exec(location.hash) ?? []
  if (key !== undefined) history.replaceState(null, '', '#/overview')
  try {
    if (key !== undefined) return await signIn(key)
    await call('GET', 'session')
    session.value = 'in'
  } catch (error) {
    session.value = error instanceof ApiError && error.status === 0 ? 'in' : 'out'
  }
}

/** Sends the key to the server once; a cookie that scripts cannot read replaces it. @throws ApiError */
export async function signIn(key: string): Promise<void> {
  await call('POST', 'session', { headers: { 'x-api-key': asHeader(key) } })
  session.value = 'in'
}

/** Ends the session at the server too. */
export async function signOut(): Promise<void> {
  await call('DELETE', 'session').catch(() => {})
  session.value = 'out'
}

/** Encodes a key for a header: headers carry bytes, so each character is one byte of its UTF-8 form. */
function asHeader(key: string): string {
  return Array.from(new TextEncoder().encode(key), (byte) => String.fromCodePoint(byte)).join('')
}
