import { decodeBase64Url, encodeBase64Url } from '../bytes/base64url.js'
import { checkBytes, checkId, checkInteger, checkOneOf } from '../bytes/check.js'
import type { Reader } from '../bytes/reader.js'
import { decodeText, encodeText } from '../bytes/text.js'
import { Writer } from '../bytes/writer.js'
import { CodecError } from '../errors.js'
import { defaultWindowBytes, maxCreditBytes, maxGraceSeconds, maxJsonBytes, maxSecretBytes } from '../limits.js'
import { formatChannelId, parseUuid } from './channel-id.js'
import { MessageType } from './message-type.js'
import type {
  DirectMessage,
  ExposedMessage,
  ExposeMessage,
  HelloMessage,
  LogMessage,
  PartnersMessage,
} from './message.js'
import { bodyOf } from './peek.js'
import { knownExtensions, logLevels } from './vocabulary.js'

// The messages with a body of DataLen(4) JSON (protocol.md §1 and §3).

/** Reads a Log. An unknown level counts as `info`: a log line is no reason to close a link. */
export function decodeLog(bytes: Uint8Array): LogMessage {
  const { level, msg = '' } = readObject(bodyOf(bytes, MessageType.Log), 'Log')
  if (typeof msg !== 'string') throw wrongField('Log', 'msg', 'text', msg)
  return { type: MessageType.Log, level: logLevels.find((known) => known === level) ?? 'info', text: msg }
}

/** Writes a Log. */
export function encodeLog({ level, text }: Omit<LogMessage, 'type'>): Uint8Array {
  if (typeof text !== 'string') throw new TypeError('Log text must be a string')
  return writeJson(MessageType.Log, { level: checkOneOf(level, 'Log level', logLevels), msg: text })
}

/** Reads a Partners. */
export function decodePartners(bytes: Uint8Array): PartnersMessage {
  const { count } = readObject(bodyOf(bytes, MessageType.Partners), 'Partners')
  if (!isCount(count)) throw wrongField('Partners', 'count', 'a safe integer from 0', count)
  return { type: MessageType.Partners, count }
}

/** Writes a Partners. */
export function encodePartners({ count }: Omit<PartnersMessage, 'type'>): Uint8Array {
  checkInteger(count, 'Partners count', 0, Number.MAX_SAFE_INTEGER)
  return writeJson(MessageType.Partners, { count })
}

/** Reads one of the messages for direct paths. */
export function decodeDirect(type: DirectMessage['type'], bytes: Uint8Array): DirectMessage {
  return { type, json: readJson(bodyOf(bytes, type), 'Direct message') }
}

/** Writes one of the messages for direct paths. */
export function encodeDirect({ type, json }: DirectMessage): Uint8Array {
  return writeJson(type, json)
}

/** Reads a Hello. Unknown extensions are omitted, so that a newer peer's offer contains what both support. */
export function decodeHello(bytes: Uint8Array): HelloMessage {
  const body = readObject(bodyOf(bytes, MessageType.Hello), 'Hello')
  const { ext, window = defaultWindowBytes, session, secret, grace } = body
  if (!Array.isArray(ext)) throw wrongField('Hello', 'ext', 'a list', ext)
  if (!isCount(window) || window > maxCreditBytes) {
    throw wrongField('Hello', 'window', `a whole number from 0 to ${maxCreditBytes}`, window)
  }
  return {
    type: MessageType.Hello,
    extensions: knownExtensions.filter((known) => ext.includes(known)),
    windowBytes: window,
    ...(session !== undefined && { session: readSession(session) }),
    ...(secret !== undefined && { secret: readSecret(secret) }),
    ...(grace !== undefined && { graceSeconds: readGrace(grace) }),
  }
}

/** Writes a Hello. */
export function encodeHello(message: Omit<HelloMessage, 'type'>): Uint8Array {
  const { session, secret, graceSeconds } = message
  if (graceSeconds !== undefined && !isGrace(graceSeconds)) {
    throw new RangeError(`Hello grace must be from 0 to ${maxGraceSeconds} s, it is ${String(graceSeconds)}`)
  }
  return writeJson(MessageType.Hello, {
    ext: message.extensions.map((extension) => checkOneOf(extension, 'Hello extension', knownExtensions)),
    window: checkInteger(message.windowBytes, 'Hello window', 0, maxCreditBytes),
    session: session && formatChannelId(checkId(session, 'Hello session')),
    secret: secret && encodeBase64Url(checkBytes(secret, 'Hello secret', 1, maxSecretBytes)),
    grace: graceSeconds,
  })
}

/** Reads an Expose. */
export function decodeExpose(bytes: Uint8Array): ExposeMessage {
  const body = readObject(bodyOf(bytes, MessageType.Expose), 'Expose')
  return {
    type: MessageType.Expose,
    id: readId(body, 'Expose'),
    open: readRequired(body, 'Expose', 'open'),
    target: readRequired(body, 'Expose', 'target'),
    ...readOptional(body, 'Expose', 'proxy'),
  }
}

/** Writes an Expose. */
export function encodeExpose({ id, open, target, proxy }: Omit<ExposeMessage, 'type'>): Uint8Array {
  checkInteger(id, 'Expose id', 0, Number.MAX_SAFE_INTEGER)
  return writeJson(MessageType.Expose, { id, open, target, proxy })
}

/** Reads an Exposed. */
export function decodeExposed(bytes: Uint8Array): ExposedMessage {
  const body = readObject(bodyOf(bytes, MessageType.Exposed), 'Exposed')
  return {
    type: MessageType.Exposed,
    id: readId(body, 'Exposed'),
    ...readOptional(body, 'Exposed', 'open'),
    ...readOptional(body, 'Exposed', 'error'),
  }
}

/** Writes an Exposed. */
export function encodeExposed({ id, open, error }: Omit<ExposedMessage, 'type'>): Uint8Array {
  checkInteger(id, 'Exposed id', 0, Number.MAX_SAFE_INTEGER)
  return writeJson(MessageType.Exposed, { id, open, error })
}

function readId({ id }: JsonObject, message: string): number {
  if (!isCount(id)) throw wrongField(message, 'id', 'a safe integer from 0', id)
  return id
}

function readRequired(body: JsonObject, message: string, field: string): string {
  const value = body[field]
  if (typeof value !== 'string') throw wrongField(message, field, 'text', value)
  return value
}

function readOptional<K extends string>(body: JsonObject, message: string, field: K): { [key in K]?: string } {
  if (body[field] === undefined) return {}
  return { [field]: readRequired(body, message, field) } as { [key in K]?: string }
}

function readSession(value: unknown): Uint8Array {
  const session = typeof value === 'string' ? parseUuid(value) : undefined
  if (!session) throw wrongField('Hello', 'session', 'a UUID', value)
  return session
}

function readSecret(value: unknown): Uint8Array {
  const secret = typeof value === 'string' ? decodeBase64Url(value) : undefined
  if (secret && secret.length > 0 && secret.length <= maxSecretBytes) return secret
  // A secret must not be logged, so its error does not show the value.
  throw new CodecError('ERR_CODEC_BAD_JSON', `Hello secret must be base64url of 1 to ${maxSecretBytes} bytes`)
}

function readGrace(value: unknown): number {
  if (!isGrace(value)) throw wrongField('Hello', 'grace', `from 0 to ${maxGraceSeconds} s`, value)
  return value
}

function isGrace(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxGraceSeconds
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function readObject(reader: Reader, name: string): JsonObject {
  const value = readJson(reader, name)
  if (isJsonObject(value)) return value
  throw new CodecError('ERR_CODEC_BAD_JSON', `the body of ${name} is not a JSON object`)
}

type JsonObject = Readonly<Record<string, unknown>>

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readJson(reader: Reader, name: string): unknown {
  const length = reader.u32(`${name} length`)
  if (length > maxJsonBytes) {
    throw new CodecError('ERR_CODEC_TOO_LARGE', `the body of ${name} has ${length} bytes, the limit is ${maxJsonBytes}`)
  }
  const text = decodeText(reader.bytes(length, `${name} body`))
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CodecError('ERR_CODEC_BAD_JSON', `the body of ${name} is not JSON`, { cause })
  }
}

function writeJson(type: number, value: unknown): Uint8Array {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('the body must be a value that JSON can express')
  const body = encodeText(text)
  if (body.length > maxJsonBytes) {
    throw new RangeError(`the JSON body has ${body.length} bytes, the limit is ${maxJsonBytes}`)
  }
  return new Writer(type, 4 + body.length).u32(body.length).raw(body).bytes
}

function wrongField(name: string, field: string, wanted: string, value: unknown): CodecError {
  const shown = typeof value === 'object' ? 'an object, a list or null' : JSON.stringify(value ?? null)
  return new CodecError(
    'ERR_CODEC_BAD_JSON',
    `${name} ${field} must be ${wanted}, it is ${shown.slice(0, maxShownCharacters)}`,
  )
}

/** Most characters of a value in an error message: errors are logged, and a hostile value must not fill the log. */
const maxShownCharacters = 60
