import { readFileSync } from 'node:fs'
import { type Authenticator, credsAuthenticator } from '@nats-io/transport-node'

/**
 * Login by a credentials file, which is read at each connection: a file that was replaced applies from the next one on.
 * While it cannot be read, or is only half written, the last login goes on. @throws the system's error
 */
export function loginFrom(file: string): Authenticator {
  let last = credsAuthenticator(readFileSync(file))
  return (nonce) => {
    try {
      const next = credsAuthenticator(readFileSync(file))
      const answer = next(nonce)
      last = next
      return answer
    } catch {
      return last(nonce)
    }
  }
}
