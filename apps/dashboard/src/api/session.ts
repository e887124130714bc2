import { signal } from '@preact/signals'
import { ApiError, call } from './call.js'

/** Whether the server knows who looks: `asking` until the first answer. */
export const session = signal<'asking' | 'out' | 'in'>('asking')

/** A client prints its address with the key behind `#key=`; it leaves the address, and so the history, at once. */
const keyPattern = /^#key=(\w+)$/

/** Asks whether the browser still has a session. While the server cannot be reached, it is taken to have one. */
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

/** Shows the key to the server once; a cookie that scripts cannot read takes its place. @throws ApiError */
export async function signIn(key: string): Promise<void> {
  await call('POST', 'session', { headers: { 'x-api-key': asHeader(key) } })
  session.value = 'in'
}

/** Ends the session at the server too. */
export async function signOut(): Promise<void> {
  await call('DELETE', 'session').catch(() => {})
  session.value = 'out'
}

/** Headers carry bytes: the characters of one are those of UTF-8, one byte each. */
function asHeader(key: string): string {
  return Array.from(new TextEncoder().encode(key), (byte) => String.fromCodePoint(byte)).join('')
}
