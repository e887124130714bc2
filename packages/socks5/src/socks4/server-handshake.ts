import { noBytes } from '../bytes.js'
import { SocksError } from '../errors.js'
import type { Dialect, Progress } from '../handshake-reader.js'
import type { SocksRequest } from '../request.js'
import { encodeReply, readRequest } from './messages.js'

/** The server's side of SOCKS4 and 4a: one request. */
export class Socks4ServerHandshake implements Dialect<SocksRequest> {
  readonly #authRequired: boolean

  constructor(authRequired: boolean) {
    this.#authRequired = authRequired
  }

  read(bytes: Uint8Array): Progress<SocksRequest> | undefined {
    const parsed = readRequest(bytes)
    if (parsed === undefined) return undefined
    if (this.#authRequired) {
      throw new SocksError('ERR_SOCKS_AUTH_REQUIRED', 'SOCKS4 carries no password, and this server requires one', {
        reply: 'forbidden',
      })
    }
    const { destination, userId: bytesOfId } = parsed.value
    const userId = bytesOfId.length === 0 ? undefined : utf8.decode(bytesOfId)
    const result = { version: 4, command: 'connect', destination, user: undefined, userId } as const
    return { byteLength: parsed.byteLength, output: noBytes, result }
  }

  refusal(error: SocksError): Uint8Array {
    return encodeReply(error.reply ?? 'failed')
  }
}

const utf8 = new TextDecoder()
