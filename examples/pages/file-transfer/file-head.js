import { join } from '../site/bytes.js'

/** Limit of the line of JSON in front of a file, in bytes. */
const maxHeadBytes = 4096

/** @param {{ readonly name: string, readonly size: number }} file */
export function writeHead({ name, size }) {
  return new TextEncoder().encode(`${JSON.stringify({ name, size })}\n`)
}

/**
 * Reads the head in front of a file; the remaining bytes are its content.
 *
 * @param {ReadableStream<Uint8Array>} readable
 * @returns {Promise<{ head: { name: string, size: number }, content: ReadableStream<Uint8Array> }>}
 * @throws Error where it is cut off or too long
 */
export async function readHead(readable) {
  const reader = readable.getReader()
  let bytes = new Uint8Array()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error('the sender has left')
    bytes = join(bytes, value)
    const end = bytes.indexOf(10)
    if (end > maxHeadBytes || (end < 0 && bytes.length > maxHeadBytes))
      throw new Error('this is no file of such a page')
    if (end < 0) continue
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)))
    reader.releaseLock()
    return { head, content: withFirst(bytes.slice(end + 1), readable) }
  }
}

/** @param {Uint8Array} first @param {ReadableStream<Uint8Array>} rest */
function withFirst(first, rest) {
  const { readable, writable } = new TransformStream({ start: (controller) => controller.enqueue(first) })
  rest.pipeTo(writable).catch(() => {})
  return readable
}
