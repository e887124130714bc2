import type { UnprovenLimits } from './read-allowance.js'

/** Who is at the other end, as far as it is known. */
export interface TransportPeer {
  /** IP address of the peer, or of the proxy in between. */
  readonly address: string | undefined
  /** Its port; undefined where it is not known, as for a UNIX socket. */
  readonly port: number | undefined
  /** Client side: the URL that answered, after redirects, with its secrets hidden. */
  readonly url?: string
}

/** Role of a transport for its owner. */
export interface TransportRole {
  readonly isServer: boolean
  /** Messages that came with the request. */
  readonly early?: readonly Uint8Array[]
  /** Limits until `admit`. @default it is let in from the start */
  readonly unproven?: UnprovenLimits | undefined
  /** Whether there is room for it now that it may come in. */
  readonly onAdmit?: () => boolean
}
