/** A link in the live view. */
export interface LiveLink {
  /** Id for requests; a new one after each start of the program. */
  readonly id: string
  /** Role of the peer: `forward`, `reverse` or `connector`, by its token. */
  readonly role: string
  /** Id of the peer's process; the same for each of its links. */
  readonly instance: string
  /** Address of the peer. */
  readonly address: string
  /** Id of its token; undefined at a client, which has one token. */
  readonly tokenId: string | undefined
  /** Name in the token's policy; undefined without one. */
  readonly tokenName: string | undefined
  /** Whether there is a connection now; otherwise the session waits for the next one. */
  readonly up: boolean
  /** Beginning of the session, in milliseconds of the program's clock. */
  readonly openedAtMs: number
  /** How often a new connection continued the session. */
  readonly resumes: number
  /** Last measured round trip, in milliseconds; undefined without a measurement. */
  readonly roundTripMs: number | undefined
  /** Extensions in force, such as `window`. */
  readonly extensions: readonly string[]
  /** Bytes buffered for resending. */
  readonly replayBytes: number
  /** Bytes that ended channels moved. */
  readonly ended: MovedBytes
}

/** Payload bytes in each direction. */
export interface MovedBytes {
  /** Bytes sent to the target. */
  readonly bytesToTarget: number
  /** Bytes received from the target. */
  readonly bytesFromTarget: number
}

/** An open connection in the live view; its numbers are read on demand. */
export interface LiveConnection extends MovedBytes {
  /** Key of the connection: the same object as long as it is open. */
  readonly key: object
  /** Id as 8-4-4-4-12 hex digits. */
  readonly id: string
  /** Protocol of the connection. */
  readonly protocol: 'tcp' | 'udp'
  /** `host:port`; undefined for UDP, where each datagram names its own. */
  readonly target: string | undefined
  /** Link that it belongs to; undefined for the program's own proxy ports. */
  readonly link: LiveLink | undefined
  /** The provider's link, if it is forwarded to one. */
  readonly provider: LiveLink | undefined
  /** Bytes received that their consumer has not taken yet. */
  readonly queuedBytes: number
  /** Bytes accepted for its link that are not sent yet. */
  readonly unsentBytes: number
  /** How often it could send nothing until the peer granted more credit. */
  readonly windowStalls: number
  /** Time of opening, in milliseconds of the program's clock. */
  readonly openedAtMs: number
}
