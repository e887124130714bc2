/**
 * Decides which users a server accepts. Called inside the handshake, so it must answer synchronously; only `true`
 * admits a client.
 */
export interface Authenticator {
  /** Must take the same time whether or not the user exists; `accounts` does. */
  verify(username: string, password: string): boolean
}
