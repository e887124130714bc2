import { type Extension, type HelloMessage, MessageType, peekType } from '@ls/codec'
import {
  decodeAuthResponse,
  decodeHello,
  decodeResumed,
  encodeAuth,
  encodeHello,
  encodeResume,
} from '@ls/codec/messages'
import {
  helloWindowBytes,
  MessageReader,
  type MessageTransport,
  type Session,
  type TransportCloseReason,
} from '@ls/mux'
import { ClientError } from './errors.js'
import type { ResolvedLinkSettings } from './settings.js'

/** Credentials with which a client resumes its session over another WebSocket. */
export interface ClientResumeKey {
  readonly id: Uint8Array
  readonly secret: Uint8Array
  readonly session: Session
}

/** Terms that the server agreed to. */
export interface ClientAgreement {
  /** Empty on a base link. */
  readonly extensions: readonly Extension[]
  readonly windowBytes: number
  readonly peerWindowBytes: number | undefined
  readonly graceMs: number
  /** Id and secret of the new session, if `resume` is in force. */
  readonly resumeKey: Omit<ClientResumeKey, 'session'> | undefined
  /** The token that the server gave to this client, if any. */
  readonly token: string | undefined
  /** Number to attach with, if the old session continues. */
  readonly resumedFrom: number | undefined
}

export interface HandshakeRequest {
  readonly settings: ResolvedLinkSettings
  /** Token of the client. */
  readonly token: string
  readonly instance: Uint8Array
  /** True if the token is in the query; otherwise Auth is the first message. */
  readonly authenticated: boolean
  /** The session to resume. */
  readonly resumeKey: ClientResumeKey | undefined
  /** Whether the WebSocket is a second one, for the urgent messages of that session. @default false */
  readonly urgent?: boolean | undefined
  /** Whether {@link openingOf} has been sent already, with the WebSocket. @default false */
  readonly opened?: boolean | undefined
}

/** Returns the messages that a client can send before the server's first: its identity, and the session to resume. */
export function openingOf(request: Omit<HandshakeRequest, 'authenticated' | 'opened'>): Uint8Array[] {
  const { resumeKey, urgent } = request
  return [ourAuth(request), ...(resumeKey === undefined ? [] : [ourResume(resumeKey, urgent)])]
}

/**
 * Opens a link from the client's side (protocol.md §1 "Opening a link", §3).
 *
 * @throws ClientError `ERR_CLIENT_REFUSED` when the token is refused, `ERR_CLIENT_HANDSHAKE` otherwise, also when a
 * second WebSocket is not attached to the session
 */
export async function shakeHands(transport: MessageTransport, request: HandshakeRequest): Promise<ClientAgreement> {
  const { settings, resumeKey, urgent = false, opened = false } = request
  const reader = new MessageReader(transport, settings.clock)
  const read = async (): Promise<Uint8Array> => {
    try {
      return await reader.next(settings.handshakeTimeoutMs)
    } catch (error) {
      throw refusedByClose(reader.closed) ?? error
    }
  }
  if (!request.authenticated && !opened) transport.send(ourAuth(request))
  let first = await read()
  const hello = peekType(first) === MessageType.Hello ? decodeHello(first) : undefined
  if (hello !== undefined) first = await read()
  const token = expectSuccess(first)
  if (hello === undefined) return { ...baseAgreement, token }

  const agreement = { ...agree(hello, settings), token }
  // Every server answers Resume, even one without the extension.
  if (resumeKey !== undefined && (opened || agreement.extensions.includes('resume'))) {
    if (!opened) transport.send(ourResume(resumeKey, urgent))
    const answer = decodeResumed(expected(await read(), 'Resumed'))
    if (answer.success) return { ...agreement, resumedFrom: answer.sequence }
  }
  if (urgent) throw new ClientError('ERR_CLIENT_HANDSHAKE', 'the server did not attach the second WebSocket')
  transport.send(encodeHello(agreement))
  return agreement
}

const baseAgreement = {
  extensions: [],
  windowBytes: 0,
  peerWindowBytes: undefined,
  graceMs: 0,
  resumeKey: undefined,
  resumedFrom: undefined,
} satisfies Omit<ClientAgreement, 'token'>

function ourAuth(request: Pick<HandshakeRequest, 'settings' | 'token' | 'instance'>): Uint8Array {
  const { token, instance, settings } = request
  const { reverse } = settings
  return encodeAuth({ token, reverse, instance })
}

function ourResume({ session, id, secret }: ClientResumeKey, urgent = false): Uint8Array {
  const sequence = session.receivedSequence
  return encodeResume({ session: id, secret, sequence, ...(urgent && { urgent }) })
}

/** Returns the token that a relay gave. */
function expectSuccess(message: Uint8Array): string | undefined {
  const { success, token, error } = decodeAuthResponse(expected(message, 'AuthResponse'))
  if (success) return token
  throw new ClientError('ERR_CLIENT_REFUSED', `the server refused us: ${error ?? 'it gave no reason'}`)
}

/**
 * Returns the error for a refusal by close frame: pywssocks answers a wrong token in the query only with code 1008
 * "policy violation".
 */
function refusedByClose(closed: TransportCloseReason | undefined): ClientError | undefined {
  if (closed?.code !== 1008) return undefined
  return new ClientError('ERR_CLIENT_REFUSED', `the server refused us: ${closed.reason || 'it gave no reason'}`)
}

function agree(hello: HelloMessage, settings: ResolvedLinkSettings): Omit<ClientAgreement, 'token'> {
  const { session, secret } = hello
  return {
    extensions: hello.extensions.filter((extension) => settings.extensions.includes(extension)),
    // At least the server's: in agent mode its number is the credit that the far end grants us.
    windowBytes: Math.max(helloWindowBytes(settings.windowBytes), hello.windowBytes),
    peerWindowBytes: hello.windowBytes,
    graceMs: Math.min(Math.round((hello.graceSeconds ?? 0) * 1000), settings.graceMs),
    resumeKey:
      session === undefined || secret === undefined ? undefined : { id: session.slice(), secret: secret.slice() },
    resumedFrom: undefined,
  }
}

/** Returns the message. @throws ClientError for one of another type */
function expected(message: Uint8Array, wanted: 'AuthResponse' | 'Resumed'): Uint8Array {
  const type = peekType(message)
  if (type === MessageType[wanted]) return message
  throw new ClientError(
    'ERR_CLIENT_HANDSHAKE',
    `the server sent a message of type 0x${type.toString(16).padStart(2, '0')} where ${wanted} was expected`,
  )
}
