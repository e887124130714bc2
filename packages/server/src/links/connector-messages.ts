import { type ConnectorMessage, decode, encode, MessageType, peekType } from '@ls/codec'
import { ServerError } from '../errors.js'
import type { Codes } from '../relay-mode/codes.js'
import {
  type ConnectorToken,
  makeToken,
  type ReverseToken,
  type TokenRecord,
  type TokenRegistry,
} from '../tokens/token-registry.js'
import { isHashed } from '../tokens/token-text.js'
import type { Peer } from './peer.js'

export interface ConnectorMessagesOptions {
  readonly tokens: TokenRegistry
  /** Most connector tokens of all providers of one reverse token: each costs memory. @default 1000 */
  readonly maxTokens?: number | undefined
  /** Whether a provider process with this instance has a session under the reverse token. */
  isConnected(reverse: ReverseToken, instance: string): boolean
  /** Removes a token and disconnects its users. */
  remove(token: ConnectorToken): void
  /** Writes the tokens to the disk and resolves when they are there; undefined where they are not saved. */
  readonly save?: ((added: ConnectorToken | undefined) => Promise<void>) | undefined
  /** Called when a token was added or has another owner. */
  changed(token: ConnectorToken): void
  /** Shared codes, in relay mode. */
  readonly relay?: SharedCodes | undefined
}

/** Codes of a relay: all providers of one identity that request a code serve it together. */
export interface SharedCodes {
  readonly codes: Pick<Codes, 'check' | 'refused' | 'limit'>
  /** Registers that the provider serves the connectors of `owner` from now on. */
  join(reverse: ReverseToken, instance: string, owner: string): void
  /** Whether a provider of another identity may have a code, because its current provider is gone. */
  mayTake(known: ConnectorToken, reverse: ReverseToken): boolean
  /**
   * Registers that the provider no longer serves them; returns whether other providers do, or undefined if this one did
   * not.
   */
  leave(reverse: ReverseToken, instance: string, owner: string): boolean | undefined
}

/** Handles the Connector messages of providers in autonomy (protocol.md §1): a provider manages its own tokens only. */
export class ConnectorMessages {
  readonly #options: ConnectorMessagesOptions
  /** Tokens that each session has had saved: one that requests its own again and again must not cause more writes. */
  readonly #saved = new WeakMap<Peer, WeakSet<ConnectorToken>>()

  constructor(options: ConnectorMessagesOptions) {
    this.#options = options
  }

  /** Handles a message that belongs to no channel, if it is Connector. */
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
    const refuse = (error: unknown): void => {
      this.#refused(peer, message, error)
      fail(error)
    }
    const serve = (): Promise<void> | undefined => {
      const token = this.#serve(peer, message)
      const saved = this.#save(peer, token)
      if (saved !== undefined) return saved.then(() => succeed(token))
      succeed(token)
      return undefined
    }
    try {
      const checked = this.#check(peer, message)
      const served = checked === undefined ? serve() : checked.then(serve)
      served?.catch(refuse)
    } catch (error) {
      refuse(error)
    }
  }

  /** Checks a code, on a relay, before it is accepted. */
  #check(peer: Peer, { operation, token }: ConnectorMessage): Promise<void> | undefined {
    const { record } = peer
    if (record.kind !== 'reverse' || record.identity === undefined || operation !== 'add') return undefined
    return this.#options.relay?.codes.check({ peer, reverse: record, code: token })
  }

  #refused(peer: Peer, { operation, token }: ConnectorMessage, error: unknown): void {
    const { record } = peer
    if (record.kind !== 'reverse' || record.identity === undefined || operation !== 'add') return
    if (error instanceof ServerError) this.#options.relay?.codes.refused(peer, token, error)
  }

  /** Saves the tokens: a provider must not rely on a token that is lost when the server restarts. */
  #save(peer: Peer, token: string): Promise<void> | undefined {
    const known = this.#options.tokens.find(token)
    if (known?.kind !== 'connector') return this.#options.save?.(undefined)
    const done = this.#saved.get(peer) ?? new WeakSet<ConnectorToken>()
    this.#saved.set(peer, done)
    if (done.has(known)) return undefined
    const saved = this.#options.save?.(known)
    // The caller handles the failure.
    saved?.then(
      () => done.add(known),
      () => {},
    )
    return saved
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
    const known = this.#knownTo(reverse, token)
    const owner = ownerOf(peer, reverse, token)
    if (known === undefined) {
      this.#assertRoom(reverse)
      const added = tokens.add({ kind: 'connector' as const, token, reverse, owner })
      this.#join(peer, reverse, owner)
      changed(added)
      return token
    }
    if (known.kind !== 'connector' || known.reverse !== reverse || known.owner === undefined) throw taken()
    this.#join(peer, reverse, known.owner)
    if (known.owner === owner) return token
    // A provider that restarts has another instance, so it may take over the token of an owner that is gone.
    if (isConnected(reverse, known.owner)) throw taken()
    known.owner = peer.instance
    this.#saved.get(peer)?.delete(known)
    changed(known)
    return token
  }

  /** Finds the token of this text; undefined as well if the token was just taken from a provider that is gone. */
  #knownTo(reverse: ReverseToken, token: string): TokenRecord | undefined {
    const { tokens, relay, remove } = this.#options
    const known = tokens.find(token)
    if (known?.kind !== 'connector' || relay?.mayTake(known, reverse) !== true) return known
    this.#assertRoom(reverse)
    remove(known)
    return undefined
  }

  #join({ instance }: Peer, reverse: ReverseToken, owner: string): void {
    if (reverse.identity !== undefined) this.#options.relay?.join(reverse, instance, owner)
  }

  #assertRoom(reverse: ReverseToken): void {
    const { tokens, relay } = this.#options
    // It may have been removed while its code was checked.
    if (tokens.find(reverse.token) !== reverse)
      throw new ServerError('ERR_SERVER_NO_REVERSE_TOKEN', 'reverse token does not exist')
    const ofRelay = reverse.identity === undefined ? undefined : relay?.codes.limit
    const maxTokens = ofRelay ?? this.#options.maxTokens ?? defaultMaxTokens
    if (tokens.connectorsOf(reverse).size < maxTokens) return
    const text = `too many connector tokens: ${maxTokens} are registered, the limit of a reverse token`
    throw new ServerError('ERR_SERVER_TOO_MANY_TOKENS', text)
  }

  #remove(peer: Peer, reverse: ReverseToken, token: string): string {
    const known = this.#options.tokens.find(token)
    const owner = ownerOf(peer, reverse, token)
    const own = known?.kind === 'connector' && known.reverse === reverse && known.owner === owner
    // A token of another owner and a missing one get the same answer, which reveals nothing about other users.
    if (!own) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'connector token does not exist')
    const hasOthers = reverse.identity !== undefined && this.#options.relay?.leave(reverse, peer.instance, owner)
    if (hasOthers === undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'connector token does not exist')
    if (!hasOthers) this.#options.remove(known)
    return token
  }
}

const defaultMaxTokens = 1000

/** Owner of a connector token. A code of a relay belongs to all providers of the identity that request it. */
function ownerOf({ instance }: Peer, { identity }: ReverseToken, token: string): string {
  return identity === undefined ? instance : `code ${token}`
}

function taken(): ServerError {
  return new ServerError('ERR_SERVER_TOKEN_EXISTS', 'connector token already exists')
}
