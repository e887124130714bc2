/** Server name in the first bytes of a connection. */
export type ServerNameResult =
  /** A ClientHello; without a name the client used an IP address. */
  | { readonly kind: 'hello'; readonly name: string | undefined }
  /** More bytes are needed. */
  | { readonly kind: 'more' }
  /** Not TLS, or broken. */
  | { readonly kind: 'other' }

/**
 * Largest ClientHello that is read, in bytes: post-quantum key shares have 2 KiB; the rest is for future extensions.
 */
export const maxHelloBytes = 16_384

/** Reads the server name (RFC 6066 §3) of a ClientHello (RFC 8446 §4.1.2) at the start of `bytes`. Never throws. */
export function readServerName(bytes: Buffer): ServerNameResult {
  const hello = joinRecords(bytes)
  if (hello === undefined) return { kind: 'other' }
  if (hello.length < 4) return { kind: 'more' }
  const length = hello.readUIntBE(1, 3)
  if (hello[0] !== clientHello || length > maxHelloBytes) return { kind: 'other' }
  if (hello.length < 4 + length) return { kind: 'more' }
  try {
    return { kind: 'hello', name: nameIn(new Reader(hello.subarray(4, 4 + length))) }
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'other' }
    throw error
  }
}

/**
 * Joins the records of a handshake message, which may be several (RFC 8446 §5.1). Undefined for anything but a
 * handshake, and for more records than clients send: each read walks over all of them.
 */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== handshake || (at + 1 < bytes.length && bytes[at + 1] !== 3)) return undefined
    if (at + 5 > bytes.length) break
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || parts.length === maxRecords) return undefined
    parts.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  return Buffer.concat(parts)
}

function nameIn(hello: Reader): string | undefined {
  hello.take(2 + 32)
  hello.vector(1)
  hello.vector(2)
  hello.vector(1)
  if (hello.left === 0) return undefined
  const extensions = hello.vector(2)
  while (extensions.left > 0) {
    const type = extensions.number(2)
    const content = extensions.vector(2)
    if (type !== serverNameExtension) continue
    const list = content.vector(2)
    const nameType = list.number(1)
    return nameType === hostNameType ? list.vector(2).rest.toString('latin1') : undefined
  }
  return undefined
}

/** Most records of a ClientHello. Clients send 1 to 3; those that split it to pass filters send some more. */
const maxRecords = 16

const handshake = 22
const clientHello = 1
const serverNameExtension = 0
const hostNameType = 0

class Reader {
  #rest: Buffer

  constructor(bytes: Buffer) {
    this.#rest = bytes
  }

  get left(): number {
    return this.#rest.length
  }

  get rest(): Buffer {
    return this.#rest
  }

  /**
   * Takes the next bytes. All methods throw a RangeError past the end.
   *
   * @throws RangeError past the end
   */
  take(length: number): Buffer {
    if (length > this.#rest.length) throw new RangeError('a ClientHello ends too early')
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  number(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes)
  }

  /** Reader for the bytes that follow a length of `lengthBytes` bytes. */
  vector(lengthBytes: number): Reader {
    return new Reader(this.take(this.number(lengthBytes)))
  }
}
