import type { UnprovenLimits } from './read-allowance.js'

/** Data about the other end, as far as it is known. */
export interface TransportPeer {
  /** IP address of the peer, or of the proxy in between. */
  readonly address: string | undefined
  /** Port of the peer; undefined where it is not known, as for a UNIX socket. */
  readonly port: number | undefined
  /** Client side: the URL that answered, after redirects, with its secrets hidden. */
  readonly url?: string
}

/** Role of a transport for its owner. */
export interface TransportRole {
  readonly isServer: boolean
  /** Early data of the client. */
  readonly early?: readonly Uint8Array[]
  /** Limits until `admit`. @default admitted from the start */
  readonly unproven?: UnprovenLimits | undefined
  /** Called with the number of bytes that the peer sends before `admit`, early data included. */
  readonly onUnproven?: (bytes: number) => void
  /** Called with the bytes that a long message takes which has not arrived in full; 0 when it has, and at the end. */
  readonly onHeld?: (bytes: number) => void
  /** Called on `admit`; returns whether there is room for it. */
  readonly onAdmit?: () => boolean
}
