import type { MessageType } from './message-type.js'

/** Protocol of a channel; on the wire 1 is TCP and 2 is UDP. */
export type Protocol = 'tcp' | 'udp'

/** How the payload of a Data message stands on the wire. */
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

/** How serious the text of a Log message is. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** First message of a client on any path but `/socket` (protocol.md §1). */
export interface AuthMessage {
  readonly type: typeof MessageType.Auth
  /** 1–255 bytes. */
  readonly token: string
  /** Asks to be a provider. */
  readonly reverse: boolean
  /** 16 bytes that name the client process, the same on each of its links. */
  readonly instance: Uint8Array
}

/** Whether the server lets the client in; answers Auth or the token in the query (protocol.md §1). */
export interface AuthResponseMessage {
  readonly type: typeof MessageType.AuthResponse
  /** False ends the link. */
  readonly success: boolean
  /** Only without success, here and in every response; sent cut to 255 bytes. */
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
  /** Only true or absent: asks for a channel that was there before its link was lost (go 1.10.3, docs/interop.md). */
  readonly resume?: true
}

/** Payload of a channel. */
export interface DataMessage {
  readonly type: typeof MessageType.Data
  /** Protocol of the channel. */
  readonly protocol: Protocol
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** How `payload` stands on the wire. */
  readonly compression: Compression
  /** The payload as it stands on the wire: the gzip stream when `compression` is `gzip`. A view after decoding. */
  readonly payload: Uint8Array
  /**
   * UDP from the network: where the datagram came from. A tail with one address only, as the older documents draw
   * it, is read into this field whatever its direction; towards the network, ask `datagramTarget`.
   */
  readonly source?: Address
  /** UDP towards the network: where the datagram goes. */
  readonly target?: Address
}

/** Whether the target was reached. */
export interface ConnectResponseMessage {
  readonly type: typeof MessageType.ConnectResponse
  /** False ends the channel. */
  readonly success: boolean
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** Only without success: why, in the words of protocol.md §4. */
  readonly error?: string
}

/** Ends a channel in both directions. */
export interface DisconnectMessage {
  readonly type: typeof MessageType.Disconnect
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** Why; absent or `EOF` for a normal end. */
  readonly error?: string
}

/** A provider adds or removes a connector token. */
export interface ConnectorMessage {
  readonly type: typeof MessageType.Connector
  /** Of the request: the response carries it again. */
  readonly channelId: Uint8Array
  /** 0–255 bytes; empty asks the server to choose one, as deployed providers do. */
  readonly token: string
  /** The operation. */
  readonly operation: ConnectorOperation
}

/** Answers Connector. */
export interface ConnectorResponseMessage {
  readonly type: typeof MessageType.ConnectorResponse
  /** That of the request. */
  readonly channelId: Uint8Array
  /** Whether it was done. */
  readonly success: boolean
  /** Only without success: why. */
  readonly error?: string
  /** Only with success: the token that was added, 1–255 bytes. */
  readonly token?: string
}

/** A line for the log of the other end. */
export interface LogMessage {
  readonly type: typeof MessageType.Log
  /** How serious it is. */
  readonly level: LogLevel
  /** The line, without a line break. */
  readonly text: string
}

/** How many providers a connector has. */
export interface PartnersMessage {
  readonly type: typeof MessageType.Partners
  /** A safe integer from 0. */
  readonly count: number
}

/** Peer-to-peer signalling of the Go program; carried, never interpreted. */
export interface DirectMessage {
  /** Which of the three it is. */
  readonly type:
    | typeof MessageType.DirectCapabilities
    | typeof MessageType.DirectRendezvous
    | typeof MessageType.DirectStatus
  /** Parsed JSON; checked only for valid syntax. */
  readonly json: unknown
}

/** A capability of the extension (protocol.md §3). */
export type Extension = 'window' | 'fin' | 'resume' | 'ack2' | 'urgent' | 'expose' | 'trace'

/** Offers or agrees to the extension (protocol.md §3). */
export interface HelloMessage {
  readonly type: typeof MessageType.Hello
  /** In the order they were written; unknown ones are left out. */
  readonly extensions: readonly Extension[]
  /** First credit of each channel and direction, in bytes. */
  readonly windowBytes: number
  /** 16 bytes; absent where `resume` is not in force. */
  readonly session?: Uint8Array
  /** 1–255 bytes that prove at resume that the caller owns the session; absent where `resume` is not in force. */
  readonly secret?: Uint8Array
  /** How long a cut session is kept, in seconds; fractions are allowed. Absent where `resume` is not in force. */
  readonly graceSeconds?: number
}

/** Grants credit to the sender of a channel. */
export interface WindowMessage {
  readonly type: typeof MessageType.Window
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
  /** Further payload bytes that the sender may send; 1–0xffffffff. */
  readonly creditBytes: number
}

/** Ends one direction of a channel. */
export interface FinMessage {
  readonly type: typeof MessageType.Fin
  /** 16 bytes, those of its Connect. */
  readonly channelId: Uint8Array
}

/** Says what has arrived, so that the sender can forget it. */
export interface AckMessage {
  readonly type: typeof MessageType.Ack
  /** Number of the last message received, 0 before the first; a safe integer. */
  readonly sequence: number
  /** With `ack2` only; peers without it ignore what is behind the sequence. */
  readonly arrival?: AckArrival
}

/** When the message of an Ack arrived: what the sender learns the path from. */
export interface AckArrival {
  /** The receiver's own clock in microseconds, modulo 2^32: only differences mean anything. */
  readonly atUs: number
  /** How long the Ack waited after that, in microseconds; 0–0xffffffff. */
  readonly delayUs: number
}

/** Goes on with a session after a cut. */
export interface ResumeMessage {
  readonly type: typeof MessageType.Resume
  /** 16 bytes. */
  readonly session: Uint8Array
  /** 1–255 bytes. */
  readonly secret: Uint8Array
  /** Number of the last message received before the cut. */
  readonly sequence: number
  /** Only true or absent: the link is a second one for urgent messages, beside the one that the session has. */
  readonly urgent?: true
}

/** Answers Resume. */
export interface ResumedMessage {
  readonly type: typeof MessageType.Resumed
  /** False when the session is gone: its channels are lost. */
  readonly success: boolean
  /** Number of the last message received before the cut. */
  readonly sequence: number
  /** Only without success: why. */
  readonly error?: string
}

/** A provider asks the server to open a port that leads to a target of its own. */
export interface ExposeMessage {
  readonly type: typeof MessageType.Expose
  /** Joins the answer with the request; a safe integer from 0. */
  readonly id: number
  /** What to open: `tcp:2222` or `udp:5353`; port 0 is any free one. */
  readonly open: string
  /** Where its channels lead, `HOST:PORT`, as the server writes it into Connect. */
  readonly target: string
  /** Version of the PROXY protocol whose header goes to the target first, `v1` or `v2`. */
  readonly proxy?: string
}

/** Answers Expose. */
export interface ExposedMessage {
  readonly type: typeof MessageType.Exposed
  /** That of the request. */
  readonly id: number
  /** Only with success: what is open, with the port that was chosen. */
  readonly open?: string
  /** Only without success: why. */
  readonly error?: string
}

/** The path of this sender has losses: the client may open a link for urgent messages. */
export interface LossyMessage {
  readonly type: typeof MessageType.Lossy
}

/** A copy of a message that is under way over the session's main link; only on the link for urgent messages. */
export interface UrgentMessage {
  readonly type: typeof MessageType.Urgent
  /** Number of the message on the main link; a safe integer from 1. */
  readonly sequence: number
  /** The whole message. A view after decoding. */
  readonly message: Uint8Array
}

/**
 * From a server: open another session, new channels are for that one. From a client: it has one, and opens no more
 * channels in this one (protocol.md §3.8).
 */
export interface RelinkMessage {
  readonly type: typeof MessageType.Relink
}

/** A message of a type this version does not know: ignored by receivers, never an error. */
export interface UnknownMessage {
  readonly type: 'unknown'
  /** The type as it stands on the wire. */
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
  | HelloMessage
  | WindowMessage
  | FinMessage
  | AckMessage
  | ResumeMessage
  | ResumedMessage
  | ExposeMessage
  | ExposedMessage
  | LossyMessage
  | UrgentMessage
  | RelinkMessage

/** Any result of {@link decode}. */
export type Message = KnownMessage | UnknownMessage
