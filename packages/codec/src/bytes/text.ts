const encoder = new TextEncoder()

/**
 * Lenient decoder, since deployed peers send error texts and host names in any encoding, which must not end a link:
 * invalid UTF-8 becomes U+FFFD. A leading byte order mark stays; dropping it would change the text.
 */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const replacement = '\ufffd'
const replacementBytes = 3

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/**
 * Decodes text to at most `maxBytes`, so that it can be encoded again: each replaced byte takes three, and text that no
 * longer fits is cut.
 */
export function decodeShortText(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length === 0) return ''
  const text = decoder.decode(bytes)
  if (bytes.length * replacementBytes <= maxBytes || !text.includes(replacement)) return text
  return decoder.decode(cutText(text, maxBytes))
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Encodes as many whole characters of `text` as fit into `maxBytes`. */
export function cutText(text: string, maxBytes: number): Uint8Array {
  const bytes = new Uint8Array(maxBytes)
  return bytes.subarray(0, encoder.encodeInto(text, bytes).written)
}
