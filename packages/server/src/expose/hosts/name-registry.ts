/** A host name of one provider, as other processes of the server get it. */
export interface SharedName {
  /** Name as `readHostName` returns it. */
  readonly host: string
  /** `tokenKey` of the provider's token, to which the name belongs. */
  readonly reverseKey: string
  /** Provider process. */
  readonly instance: string
  /** The exposure, as `formatExposure` writes it. */
  readonly exposure: string
}

/** Host names that the providers of all processes of a server expose. */
export interface NameRegistry {
  /**
   * Adds a name; resolves with a function that removes it. @throws ServerError where another token has the name, Error
   * when the registry cannot be reached
   */
  share(name: SharedName): Promise<() => void>
}
