import { find, join } from '../site/bytes.js'

/** Largest picture, in bytes: those of a camera are far smaller. */
const maxPictureBytes = 16 * 1024 * 1024

/**
 * Yields the pictures of a `multipart/x-mixed-replace` response as they arrive.
 *
 * @param {Response} response
 * @returns {AsyncGenerator<Blob>}
 * @throws TypeError for a response of another kind
 */
export async function* pictures(response) {
  const contentType = response.headers.get('content-type') ?? ''
  const boundary = /^multipart\/x-mixed-replace;.*boundary="?(?:--)?([^";]+)/i.exec(contentType)?.[1]
  if (boundary === undefined || response.body === null) throw new TypeError(`'${contentType}' is no MJPEG stream`)
  const separator = new TextEncoder().encode(`--${boundary}`)
  let bytes = new Uint8Array()
  for await (const chunk of response.body) {
    bytes = join(bytes, chunk)
    for (let end = find(bytes, separator); end >= 0; end = find(bytes, separator)) {
      const picture = pictureOf(bytes.subarray(0, end))
      bytes = bytes.slice(end + separator.length)
      if (picture !== undefined) yield picture
    }
    if (bytes.length > maxPictureBytes) throw new RangeError(`a picture has more than ${maxPictureBytes} bytes`)
  }
}

/**
 * Returns the picture in a part (head, empty line, content); undefined for the bytes before the first part. @param
 * {Uint8Array} part
 */
function pictureOf(part) {
  const headEnd = find(part, new Uint8Array([13, 10, 13, 10]))
  if (headEnd < 0) return undefined
  const type = /^content-type: *(\S+)/im.exec(new TextDecoder().decode(part.subarray(0, headEnd)))?.[1]
  return new Blob([part.slice(headEnd + 4)], { type: type ?? 'image/jpeg' })
}
