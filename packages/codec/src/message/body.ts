import { Reader } from '../bytes/reader.js'
import { CodecError } from '../errors.js'
import { checkMessageSize, messageHeaderBytes, peekType } from './peek.js'

/** Checks the size, the version and the type of a message. @throws CodecError for any other bytes */
export function checkMessage(bytes: Uint8Array, type: number): void {
  checkMessageSize(bytes)
  const given = peekType(bytes)
  if (given !== type) throw new CodecError('ERR_CODEC_BAD_VALUE', `the message has type ${given}, wanted is ${type}`)
}

/** Returns a reader of the body of a message. @throws CodecError for a message of another type */
export function bodyOf(bytes: Uint8Array, type: number): Reader {
  checkMessage(bytes, type)
  return new Reader(bytes, messageHeaderBytes)
}
