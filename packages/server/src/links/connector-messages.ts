import { type ConnectorMessage, decode, encode, MessageType, peekType } from '@ls/codec'
import { ServerError } from '../errors.js'
import type { Peer } from './peer.js'
import { isHashed } from '../tokens/token-text.js'
import { type ConnectorToken, makeToken, type ReverseToken, type TokenRegistry } from '../tokens/token-registry.js'

export interface ConnectorMessagesOptions {
  readonly tokens: TokenRegistry
  /** Connector tokens that the providers of one reverse token may have together: each costs memory. @default 1000 */
  readonly maxTokens?: number
  /** Whether a provider process with this instance has a session under the reverse token. */
  isConnected(reverse: ReverseToken, instance: string): boolean
  /** Removes a token and disconnects its users. */
  remove(token: ConnectorToken): void
  /** Resolves once the tokens as they are now are on the disk; undefined where none are kept. */
  readonly save?: ((added: ConnectorToken | undefined) => Promise<void>) | undefined
  /** A token was added or has another owner. */
  changed(token: ConnectorToken): void
}

/** Serves the Connector messages of providers in autonomy (protocol.md §1): a provider manages its own tokens only. */
export class ConnectorMessages {
  readonly #options: ConnectorMessagesOptions

  constructor(options: ConnectorMessagesOptions) {
    this.#options = options
  }

  /** Receives a message that belongs to no channel; answers it if it is Connector. */
  receive(peer: Peer, bytes: Uint8Array): void {
    if (peekType(bytes) !== MessageType.Connector) return
    const message = decode(bytes)
    if (message.type !== MessageType.Connector) return
    const { channelId } = message
    const succeed = (token: string): void => {
      peer.session.send(encode({ type: MessageType.ConnectorResponse, channelId, success: true, token }))
    }
    const fail = (error: unknown): void => {
      const text = error instanceof ServerError ? error.message : 'internal error'
      peer.session.send(encode({ type: MessageType.ConnectorResponse, channelId, success: false, error: text }))
    }
    try {
      const token = this.#serve(peer, message)
      const saved = this.#save(token)
      if (saved === undefined) succeed(token)
      else saved.then(() => succeed(token)).catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  /** A provider must not believe in a token that the next start of the server does not know. */
  #save(token: string): Promise<void> | undefined {
    const known = this.#options.tokens.find(token)
    return this.#options.save?.(known?.kind === 'connector' ? known : undefined)
  }

  #serve(peer: Peer, message: ConnectorMessage): string {
    const { record } = peer
    if (record.kind !== 'reverse' || !record.allowManageConnector) {
      throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'this token does not allow to manage connectors')
    }
    if (isHashed(message.token)) {
      throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'a provider gives a connector token itself, not its hash')
    }
    if (message.operation === 'remove') return this.#remove(peer, record, message.token)
    return this.#add(peer, record, message.token === '' ? makeToken() : message.token)
  }

  #add(peer: Peer, reverse: ReverseToken, token: string): string {
    const { tokens, isConnected, changed } = this.#options
    const known = tokens.find(token)
    if (known === undefined) {
      this.#assertRoom(reverse)
      changed(tokens.add({ kind: 'connector', token, reverse, owner: peer.instance }))
      return token
    }
    if (known.kind !== 'connector' || known.reverse !== reverse || known.owner === undefined) throw taken()
    if (known.owner === peer.instance) return token
    // Its owner is gone. A restarted provider has another instance, so it may take over the token.
    if (isConnected(reverse, known.owner)) throw taken()
    known.owner = peer.instance
    changed(known)
    return token
  }

  #assertRoom(reverse: ReverseToken): void {
    const { tokens, maxTokens = defaultMaxTokens } = this.#options
    if (tokens.connectorsOf(reverse).size < maxTokens) return
    const text = `too many connector tokens: ${maxTokens} are registered, the limit of a reverse token`
    throw new ServerError('ERR_SERVER_TOO_MANY_TOKENS', text)
  }

  #remove(peer: Peer, reverse: ReverseToken, token: string): string {
    const known = this.#options.tokens.find(token)
    const own = known?.kind === 'connector' && known.reverse === reverse && known.owner === peer.instance
    // A token of another owner and a missing one get the same answer, which reveals nothing about other users.
    if (!own) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'connector token does not exist')
    this.#options.remove(known)
    return token
  }
}

const defaultMaxTokens = 1000

function taken(): ServerError {
  return new ServerError('ERR_SERVER_TOKEN_EXISTS', 'connector token already exists')
}
