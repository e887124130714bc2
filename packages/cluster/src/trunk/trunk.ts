import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Extension } from '@ls/codec'
import { type Clock, type Logger, textOf, type TimerHandle } from '@ls/foundation'
import { helloWindowBytes, type Session } from '@ls/mux'
import type { FarRoute, LocalNode } from '@ls/server'
import { attachStream } from './attach-stream.js'
import { dialNode, isGone, type NodeAddress } from './dial-node.js'
import { type NodeAnswer, nodeVersion, TrunkEnded, type TrunkHello } from './node-hello.js'
import type { NodeSecret } from './node-secret.js'

export interface TrunkOptions {
  readonly localNode: Pick<LocalNode, 'windowBytes' | 'openTrunk' | 'addFar'>
  readonly secret: NodeSecret | undefined
  readonly ownId: string
  readonly nodeId: string
  readonly address: NodeAddress
  readonly route: FarRoute
  readonly clock: Clock
  readonly logger: Logger
  /** Called when the node is gone, or another one has its address. */
  onNodeGone(): void
  /** Called when the trunk has ended. */
  onClose(): void
}

/** Extensions of all trunks: both ends are nodes of this project. */
export const trunkExtensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2']

/** Time without channels after which it closes, in milliseconds. */
const idleMs = 60_000

/** Time between two attempts, in milliseconds; doubled up to the maximum. */
const retry = { firstMs: 50, mostMs: 2000 } as const

/** Refusals after which a node counts as gone: a killed process refuses, but so does one that is being restarted. */
const refusalsOfDead = 2

/**
 * Session to the providers of one token at another node, dialled when it is first needed. Its memory is charged to the
 * token, so that one tenant cannot block the trunks of others.
 */
export class Trunk {
  readonly #options: TrunkOptions
  readonly #id = randomBytes(16).toString('hex')
  #session: Session | undefined
  #takeAway: (() => void) | undefined
  #isUsable = true
  #isClosed = false
  #failures = 0
  #refusals = 0
  #timer: TimerHandle
  #idleTimer: TimerHandle

  constructor(options: TrunkOptions) {
    this.#options = options
    void this.#dial()
    this.#watchIdle()
  }

  /** Sets whether the node has a provider for it now, so that new channels may use it. */
  setUsable(isUsable: boolean): void {
    this.#isUsable = isUsable
    this.#offer()
  }

  get channelCount(): number {
    return this.#session?.channelCount ?? 0
  }

  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { clock, onClose } = this.#options
    clock.clearTimeout(this.#timer)
    clock.clearTimeout(this.#idleTimer)
    this.#offer()
    this.#session?.close(reason)
    onClose()
  }

  #offer(): void {
    const { localNode, route } = this.#options
    if (this.#isUsable && !this.#isClosed && this.#session !== undefined) {
      this.#takeAway ??= localNode.addFar(route, this.#session)
      return
    }
    this.#takeAway?.()
    this.#takeAway = undefined
  }

  async #dial(): Promise<void> {
    const { address, secret, logger, nodeId } = this.#options
    try {
      const { stream, answer } = await dialNode(address, secret, this.#hello())
      this.#failures = this.#refusals = 0
      if (this.#isClosed) return void stream.destroy()
      if (!this.#attach(stream, answer)) this.close('the trunk cannot go on: messages were lost')
    } catch (error) {
      if (this.#isClosed) return
      logger.debug({ node: nodeId, reason: textOf(error) }, 'a node could not be reached')
      if (error instanceof TrunkEnded) return this.close('the trunk cannot go on: the other node has ended it')
      if (isGone(error)) this.#refusals++
      if (this.#refusals >= refusalsOfDead) return this.#options.onNodeGone()
      this.#redialLater()
    }
  }

  #hello(): TrunkHello {
    const { ownId, nodeId, localNode, route } = this.#options
    const received = this.#session?.receivedSequence
    return {
      version: nodeVersion,
      purpose: 'trunk',
      from: ownId,
      to: nodeId,
      session: this.#id,
      reverseKey: route.reverseKey,
      owner: route.owner,
      windowBytes: helloWindowBytes(localNode.windowBytes),
      received,
    }
  }

  #attach(stream: Socket, { windowBytes, received }: NodeAnswer): boolean {
    const { localNode, route, clock } = this.#options
    if (this.#session !== undefined) return attachStream(this.#session, stream, clock, received)
    const terms = { extensions: trunkExtensions, peerWindowBytes: windowBytes }
    this.#session = localNode.openTrunk(route.reverseKey, terms, {
      onUnlinked: () => void this.#dial(),
      onLinked: () => this.#linked(),
      onClose: (reason) => this.close(reason),
    })
    if (this.#session === undefined) {
      stream.destroy()
      return false
    }
    return attachStream(this.#session, stream, clock)
  }

  /** Continues requests that wait for a provider. */
  #linked(): void {
    this.#takeAway?.()
    this.#takeAway = undefined
    // The session counts as linked after `attach` has returned.
    queueMicrotask(() => this.#offer())
  }

  #redialLater(): void {
    const delayMs = Math.min(retry.mostMs, retry.firstMs * 2 ** this.#failures++)
    this.#timer = this.#options.clock.setTimeout(() => void this.#dial(), delayMs)
  }

  #watchIdle(idleSinceMs?: number): void {
    const { clock } = this.#options
    this.#idleTimer = clock.setTimeout(() => {
      const now = clock.now()
      const since = this.channelCount > 0 ? undefined : (idleSinceMs ?? now)
      if (since !== undefined && now - since >= idleMs) this.close('no channel needs this trunk')
      else this.#watchIdle(since)
    }, idleMs / 2)
  }
}
