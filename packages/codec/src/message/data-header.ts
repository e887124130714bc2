import { readU32, truncated } from '../bytes/reader.js'
import { compressionOffset, dataHeaderBytes, dataLengthOffset, gzip, protocolOffset, tcp, udp } from '../data-layout.js'
import { CodecError } from '../errors.js'

/**
 * Checks the header of a message already known to be Data, and its length.
 *
 * @returns the end of the payload.
 */
export function checkDataHeader(bytes: Uint8Array): number {
  if (bytes.length < dataHeaderBytes) throw truncated('Data header', dataHeaderBytes, 0, bytes.length)
  checkProtocol(bytes[protocolOffset]!, 'Data protocol')
  if (bytes[compressionOffset]! > gzip) {
    throw new CodecError('ERR_CODEC_BAD_VALUE', `Data compression is ${bytes[compressionOffset]}, known are 0 and 1`)
  }
  const payloadBytes = readU32(bytes, dataLengthOffset)
  const end = dataHeaderBytes + payloadBytes
  if (end > bytes.length) throw truncated('Data payload', payloadBytes, dataHeaderBytes, bytes.length)
  return end
}

export function checkProtocol(value: number, field: string): void {
  if (value === tcp || value === udp) return
  throw new CodecError('ERR_CODEC_BAD_VALUE', `${field} is ${value}, known are 1 (TCP) and 2 (UDP)`)
}
