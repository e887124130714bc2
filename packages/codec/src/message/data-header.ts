import { readU32, truncated } from '../bytes/reader.js'
import { CodecError } from '../errors.js'

/**
 * Layout of a Data message, the same for TCP and UDP (protocol.md §1):
 *
 *     +---------+------+----------+------------+-------------+---------+---------+----------+
 *     | Version | Type | Protocol | ChannelID  | Compression | DataLen | Data    | UDP tail |
 *     +---------+------+----------+------------+-------------+---------+---------+----------+
 *     0         1      2          3            19            20        24
 */
export const dataHeaderBytes = 24
export const protocolOffset = 2
export const idOffset = 3
export const compressionOffset = 19
export const dataLengthOffset = 20

/** Protocol number of TCP on the wire; UDP is 2. */
export const tcp = 0x01
export const udp = 0x02

export const uncompressed = 0x00
export const gzip = 0x01

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
