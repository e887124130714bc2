import type { MessageType } from './message-type.js'

// Messages of the extension (protocol.md §3); those of the base protocol are in message.ts.

/** A capability of the extension (protocol.md §3). */
export type Extension = 'window' | 'fin' | 'resume' | 'ack2' | 'urgent' | 'expose' | 'trace'

/** Offers or agrees to the extension (protocol.md §3). */
export interface HelloMessage {
  readonly type: typeof MessageType.Hello
  /** In the order of the message; unknown ones are omitted. */
  readonly extensions: readonly Extension[]
  /** First credit of each channel and direction, in bytes. */
  readonly windowBytes: number
  /** 16 bytes; absent where `resume` is not in force. */
  readonly session?: Uint8Array
  /** 1–255 bytes that prove at resume that the caller owns the session; absent where `resume` is not in force. */
  readonly secret?: Uint8Array
  /** Time for which a cut session is kept, in seconds; fractions are allowed. Absent where `resume` is not in force. */
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

/** Acknowledges received messages, so that the sender can drop them. */
export interface AckMessage {
  readonly type: typeof MessageType.Ack
  /** Number of the last message received, 0 before the first; a safe integer. */
  readonly sequence: number
  /** With `ack2` only; peers without it ignore the bytes after the sequence. */
  readonly arrival?: AckArrival
}

/** Arrival time of the message of an Ack, from which the sender measures the path. */
export interface AckArrival {
  /** The receiver's own clock in microseconds, modulo 2^32: only differences are meaningful. */
  readonly atUs: number
  /** Delay of the Ack after that, in microseconds; 0–0xffffffff. */
  readonly delayUs: number
}

/** Continues a session after a cut. */
export interface ResumeMessage {
  readonly type: typeof MessageType.Resume
  /** 16 bytes. */
  readonly session: Uint8Array
  /** 1–255 bytes. */
  readonly secret: Uint8Array
  /** Number of the last message received before the cut. */
  readonly sequence: number
  /** Only true or absent: the link is a second one for urgent messages, beside the session's main link. */
  readonly urgent?: true
}

/** Answers Resume. */
export interface ResumedMessage {
  readonly type: typeof MessageType.Resumed
  /** False when the session is gone: its channels are lost. */
  readonly success: boolean
  /** Number of the last message received before the cut. */
  readonly sequence: number
  /** Only without success: the reason. */
  readonly error?: string
}

/** Request of a provider to the server to open a port that leads to a target of its own. */
export interface ExposeMessage {
  readonly type: typeof MessageType.Expose
  /** Matches the answer to the request; a safe integer from 0. */
  readonly id: number
  /** Port to open: `tcp:2222` or `udp:5353`; port 0 is any free one. */
  readonly open: string
  /** Target of its channels, `HOST:PORT`, as the server writes it into Connect. */
  readonly target: string
  /** Version of the PROXY protocol header that is sent to the target first, `v1` or `v2`. */
  readonly proxy?: string
}

/** Answers Expose. */
export interface ExposedMessage {
  readonly type: typeof MessageType.Exposed
  /** Id of the request. */
  readonly id: number
  /** Only with success: the open port, with the number that was chosen. */
  readonly open?: string
  /** Only without success: the reason. */
  readonly error?: string
}

/** Reports that losses or bulk delay urgent messages of this sender: the client may open a link for them. */
export interface LossyMessage {
  readonly type: typeof MessageType.Lossy
}

/** A copy of a message in flight on the session's main link; only on the link for urgent messages. */
export interface UrgentMessage {
  readonly type: typeof MessageType.Urgent
  /** Number of the message on the main link; a safe integer from 1. */
  readonly sequence: number
  /** The whole message. A view after decoding. */
  readonly message: Uint8Array
}

/**
 * From a server: requests another session for new channels. From a client: it has one, and opens no more channels in
 * this one (protocol.md §3.8).
 */
export interface RelinkMessage {
  readonly type: typeof MessageType.Relink
}

/** A message of the extension. */
export type ExtensionMessage =
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
