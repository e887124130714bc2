/** A link, as far as a live view shows it. */
export interface LiveLink {
  /** Names it in requests; another one after each start of the program. */
  readonly id: string
  /** What the peer does: `forward`, `reverse` or `connector`, by its token. */
  readonly role: string
  /** Names the peer's process; the same for each of its links. */
  readonly instance: string
  /** Where it comes from, or where it leads. */
  readonly address: string
  /** Id of its token; undefined at a client, which has one token. */
  readonly tokenId: string | undefined
  /** Name that the token's policy gives; undefined without one. */
  readonly tokenName: string | undefined
  /** Whether there is a connection now; else the session waits for the next one. */
  readonly up: boolean
  /** When the session began, in milliseconds of the program's clock. */
  readonly openedAtMs: number
  /** How often a new connection continued the session. */
  readonly resumes: number
  /** Round trip measured last, in milliseconds; undefined without a measurement. */
  readonly roundTripMs: number | undefined
  /** Extensions in force, such as `window`. */
  readonly extensions: readonly string[]
  /** Bytes kept for resending. */
  readonly replayBytes: number
  /** What ended channels moved. */
  readonly ended: MovedBytes
}

/** Payload bytes each way. */
export interface MovedBytes {
  /** Towards the target. */
  readonly bytesToTarget: number
  /** Back from it. */
  readonly bytesFromTarget: number
}

/** An open connection; its numbers are read when somebody asks. */
export interface LiveConnection extends MovedBytes {
  /** The same object as long as the connection is open. */
  readonly key: object
  /** 8-4-4-4-12 hex digits. */
  readonly id: string
  /** What it carries. */
  readonly protocol: 'tcp' | 'udp'
  /** `host:port`; undefined for UDP, where each datagram names its own. */
  readonly target: string | undefined
  /** The link that it belongs to; undefined for the program's own proxy ports. */
  readonly link: LiveLink | undefined
  /** The provider's link, if it is forwarded to one. */
  readonly provider: LiveLink | undefined
  /** Bytes received and not yet taken by their consumer. */
  readonly queuedBytes: number
  /** Bytes accepted for its link and not given to it yet. */
  readonly unsentBytes: number
  /** How often it could send nothing until the peer granted more. */
  readonly windowStalls: number
  /** When it was opened, in milliseconds of the program's clock. */
  readonly openedAtMs: number
}
