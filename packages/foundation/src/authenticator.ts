/**
 * Decides which users a proxy server accepts. Called inside the handshake, so it must answer synchronously; only `true`
 * admits a client.
 */
export interface Authenticator {
  /** Must take the same time whether or not the user exists; `accounts` of the proxy packages does. */
  verify(username: string, password: string): boolean
}
