import type { Clock } from '@ls/foundation'
import { ServerError } from '../errors.js'
import type { AuthThrottle } from '../links/auth-throttle.js'
import type { Peer } from '../links/peer.js'
import type { ReverseToken, TokenRegistry } from '../tokens/token-registry.js'
import type { Account } from './account.js'
import type { ResolvedRelayOptions } from './relay-options.js'

export interface CodesOptions {
  readonly clock: Clock
  readonly tokens: TokenRegistry
  readonly throttle: AuthThrottle
  readonly limits: Pick<ResolvedRelayOptions, 'maxCodes' | 'judgeCode'>
  /** Accounts that pay for a code of this provider. */
  accountsOf(peer: Peer): readonly Account[]
}

/** Request of a relay's provider for a code. */
export interface CodeRequest {
  readonly peer: Peer
  readonly reverse: ReverseToken
  readonly code: string
}

/**
 * Decides which codes a relay accepts. A connector sends nothing but the code, so it must be hard to guess. Clients
 * must not find out easily whether a code is in use, so a refusal counts as a wrong token of the address.
 */
export class Codes {
  readonly #options: CodesOptions
  /** Settles when the next code may be checked. */
  #turn: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Codes that were refused to each session. */
  readonly #refused = new WeakMap<Peer, Set<string>>()

  constructor(options: CodesOptions) {
    this.#options = options
  }

  /** Most codes of one identity. */
  get limit(): number {
    return this.#options.limits.maxCodes
  }

  /** Resolves when the code is strong enough. @throws ServerError with the reason */
  async check({ peer, reverse, code }: CodeRequest): Promise<void> {
    const { tokens } = this.#options
    const known = tokens.find(code)
    // Its own code reveals nothing about those of others, and a provider must get it back after each loss of its link.
    if (known?.kind === 'connector' && known.reverse === reverse) return
    this.#checkPace(peer)
    const fault = code === '' ? undefined : await this.#faultOf(code)
    if (fault !== undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', fault)
  }

  /**
   * Handles a refusal: if the code is in use or too weak, it counts as a guess. Providers request the same code again
   * and again, which is one guess.
   */
  refused(peer: Peer, code: string, error: ServerError): void {
    if (error.code === 'ERR_SERVER_TOO_MANY_TOKENS') return
    const refused = this.#refused.get(peer) ?? new Set<string>()
    this.#refused.set(peer, refused)
    if (refused.has(code)) return
    if (refused.size < maxRefused) refused.add(code)
    this.#options.throttle.failed(peer.remoteAddress)
  }

  #checkPace(peer: Peer): void {
    const { throttle, accountsOf } = this.#options
    const waitMs = throttle.waitMs(peer.remoteAddress)
    if (waitMs > 0) throw tooFast(`wait ${Math.ceil(waitMs / 1000)} s`)
    if (!accountsOf(peer).every((account) => account.takeCode())) throw tooFast('try again in a minute')
  }

  async #faultOf(code: string): Promise<string | undefined> {
    const characters = Array.from(code)
    if (characters.length < minCharacters)
      return `a code of ${characters.length} characters; it must have at least ${minCharacters}`
    const { judgeCode } = this.#options.limits
    if (judgeCode === undefined) return undefined
    if (this.#waiting >= maxWaiting) throw tooFast('the relay is checking too many codes, try again in a minute')
    // Only the first characters are checked, since the time grows with the length. A code is at least as hard to guess
    // as they are.
    return this.#inTurn(() => judgeCode(characters.slice(0, maxJudgedCharacters).join('')))
  }

  /** Checks codes one after the other, with pauses, so that checks take at most a fifth of the relay's time. */
  async #inTurn(judge: () => Promise<string | undefined>): Promise<string | undefined> {
    const { clock } = this.#options
    this.#waiting++
    const judged = this.#turn.then(async () => {
      const startMs = clock.now()
      const fault = await judge()
      return { fault, restMs: (clock.now() - startMs) * 4 }
    })
    this.#turn = judged
      .then(
        ({ restMs }) => restMs,
        () => 0,
      )
      .then((restMs) => (restMs > 0 ? new Promise<void>((resolve) => clock.setTimeout(resolve, restMs)) : undefined))
    try {
      return (await judged).fault
    } finally {
      this.#waiting--
    }
  }
}

/** Most codes that wait to be checked; each keeps one message of its provider. */
const maxWaiting = 64

/** Refused codes of a session that are remembered, to be counted once: as many as it may have. */
const maxRefused = 16

const minCharacters = 8
const maxJudgedCharacters = 16

function tooFast(what: string): ServerError {
  return new ServerError('ERR_SERVER_TOO_MANY_TOKENS', `too many codes from this address: ${what}`)
}
