/**
 * Decodes a file as UTF-8, without a byte order mark.
 *
 * @throws Error for other bytes: with replaced characters, a secret would be another one without a word
 */
export function utf8Text(bytes: Uint8Array): string {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (isUtf16) throw new Error('is text in UTF-16; save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error('has bytes that are not UTF-8; save it as UTF-8', { cause: error })
  }
}
