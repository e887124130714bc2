/**
 * Most bytes of early data in an upgrade. In base64url they are 5.4 KiB, which leaves room for the other fields in the
 * 8 KiB head that servers accept.
 */
export const maxEarlyDataBytes = 4096

/**
 * Parses the `ed` parameter of a URL, in which V2Ray and Xray give the bytes of early data that a server accepts.
 *
 * @param place Name of the text that has the parameter, for the error.
 * @returns undefined where the parameter is missing
 * @throws RangeError naming the value and the limit
 *
 * @example
 * parseEarlyDataBytes(new URL('wss://example.org/path?ed=2048').searchParams.get('ed'), 'the URL') // 2048
 */
export function parseEarlyDataBytes(text: string | null | undefined, place: string): number | undefined {
  if (text === null || text === undefined) return undefined
  const bytes = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (bytes <= maxEarlyDataBytes) return bytes
  throw new RangeError(`${place} has ed=${text.slice(0, 20)}; early data is 0 to ${maxEarlyDataBytes} bytes`)
}
