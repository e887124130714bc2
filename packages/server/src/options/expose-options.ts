/** Ports and host names that providers may open at the server. */
export interface ExposeOptions {
  /**
   * Ports that providers may open here, each for a target in their network: `2222,4000-4100`. Tokens may have their
   * own.
   * @default none
   */
  readonly allowPorts?: string | undefined
  /**
   * Host names that providers may route to a target in their network: `app.example`, `*.dev.example` for all names
   * below it, `*`. Tokens may have their own, in their policy. @default none
   */
  readonly allowHosts?: readonly string[] | undefined
  /** Port for those host names over HTTP; 0 for any free one. @default none */
  readonly httpPort?: number | undefined
  /**
   * Port for those host names over TLS: connections are passed on still encrypted where a provider exposes the name as
   * `tls:`; else TLS ends here, with the certificate of `tls`. 0 for any free one. @default none
   */
  readonly httpsPort?: number | undefined
  /** Address of all these ports. @default `host` of the server; 127.0.0.1 where that is a UNIX socket */
  readonly host?: string | undefined
}
