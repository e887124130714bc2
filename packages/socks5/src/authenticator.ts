/** Decides who may use a server. Called inside the handshake, so it must answer at once: only `true` lets a client in. */
export interface Authenticator {
  /** Takes the same time whether or not the user exists; see `accounts` for one that does. */
  verify(username: string, password: string): boolean
}
