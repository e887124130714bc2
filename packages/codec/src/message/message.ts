import type { ExtensionMessage } from './extension-message.js'
import type { MessageType } from './message-type.js'

export type * from './extension-message.js'

/** Protocol of a channel; on the wire 1 is TCP and 2 is UDP. */
export type Protocol = 'tcp' | 'udp'

/** Encoding of the payload of a Data message on the wire. */
export type Compression = 'none' | 'gzip'

/** A target or source: `host` is an IPv4 or IPv6 literal or a host name of 1–255 bytes, `port` is 0–65535. */
export interface Address {
  /** Without brackets. */
  readonly host: string
  /** 0–65535. */
  readonly port: number
}

/** Operation on a connector token. */
export type ConnectorOperation = 'add' | 'remove'

/** Severity of the text of a Log message. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** First message of a client on any path but `/socket` (protocol.md §1). */
export interface AuthMessage {
  readonly type: typeof MessageType.Auth
  /** 1–255 bytes. */
  readonly token: string
  /** Whether the client requests to be a provider. */
  readonly reverse: boolean
  /** 16 bytes that name the client process, the same on each of its links. */
  readonly instance: Uint8Array
}

/** Result of authentication; answers Auth or the token in the query (protocol.md §1). */
export interface AuthResponseMessage {
  readonly type: typeof MessageType.AuthResponse
  /** False ends the link. */
  readonly success: boolean
  /** Only without success, here and in every response; cut to 255 bytes when sent. */
  readonly error?: string
  /** Only with success: the token that a relay gives to a provider without one, 1–255 bytes (protocol.md §1.3). */
  readonly token?: string
}

/** Opens a channel. */
export interface ConnectMessage {
  readonly type: typeof MessageType.Connect
  /** Protocol of the channel. */
  readonly protocol: Protocol
  /** 16 bytes; any value, not only RFC 9562 UUIDs. */
  readonly channelId: Uint8Array
  /** Present for TCP, absent for UDP. */
  readonly address?: Address
  /** Only true or absent: requests a channel that existed before its link was lost (go 1.10.3, docs/interop.md). */
  readonly resume?: true
}

/** Payload of a channel. */
export interface DataMessage {
  readonly type: typeof MessageType.Data
  /** Protocol of the channel. */
  readonly protocol: Protocol
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** Encoding of `payload` on the wire. */
  readonly compression: Compression
  /** The payload on the wire: the gzip stream when `compression` is `gzip`. A view after decoding. */
  readonly payload: Uint8Array
  /**
   * UDP from the network: source of the datagram. A tail with one address only, as the older documents show it, is read
   * into this field whatever its direction; towards the network, use `datagramTarget`.
   */
  readonly source?: Address
  /** UDP towards the network: target of the datagram. */
  readonly target?: Address
}

/** Result of reaching the target. */
export interface ConnectResponseMessage {
  readonly type: typeof MessageType.ConnectResponse
  /** False ends the channel. */
  readonly success: boolean
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** Only without success: the reason, with a word of protocol.md §4. */
  readonly error?: string
}

/** Ends a channel in both directions. */
export interface DisconnectMessage {
  readonly type: typeof MessageType.Disconnect
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** The reason; absent or `EOF` for a normal end. */
  readonly error?: string
}

/** A provider adds or removes a connector token. */
export interface ConnectorMessage {
  readonly type: typeof MessageType.Connector
  /** Id of the request, which the response repeats. */
  readonly channelId: Uint8Array
  /** 0–255 bytes; an empty token requests one chosen by the server, as deployed providers do. */
  readonly token: string
  /** The operation. */
  readonly operation: ConnectorOperation
}

/** Answers Connector. */
export interface ConnectorResponseMessage {
  readonly type: typeof MessageType.ConnectorResponse
  /** Id of the request. */
  readonly channelId: Uint8Array
  /** Whether the operation succeeded. */
  readonly success: boolean
  /** Only without success: the reason. */
  readonly error?: string
  /** Only with success: the token that was added, 1–255 bytes. */
  readonly token?: string
}

/** A line for the log of the other end. */
export interface LogMessage {
  readonly type: typeof MessageType.Log
  /** Severity of the line. */
  readonly level: LogLevel
  /** The line, without a line break. */
  readonly text: string
}

/** Number of providers that a connector has. */
export interface PartnersMessage {
  readonly type: typeof MessageType.Partners
  /** A safe integer from 0. */
  readonly count: number
}

/** Peer-to-peer signalling of the Go program; passed on without interpretation. */
export interface DirectMessage {
  /** Type of the message, one of three. */
  readonly type:
    | typeof MessageType.DirectCapabilities
    | typeof MessageType.DirectRendezvous
    | typeof MessageType.DirectStatus
  /** Parsed JSON; checked only for valid syntax. */
  readonly json: unknown
}

/** A message of a type unknown to this version: ignored by receivers, never an error. */
export interface UnknownMessage {
  readonly type: 'unknown'
  /** The type byte on the wire. */
  readonly typeByte: number
}

/** A message with a layout of its own. */
export type KnownMessage =
  | AuthMessage
  | AuthResponseMessage
  | ConnectMessage
  | DataMessage
  | ConnectResponseMessage
  | DisconnectMessage
  | ConnectorMessage
  | ConnectorResponseMessage
  | LogMessage
  | PartnersMessage
  | DirectMessage
  | ExtensionMessage

/** Any result of {@link decode}. */
export type Message = KnownMessage | UnknownMessage
