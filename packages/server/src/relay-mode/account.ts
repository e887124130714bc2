import type { Clock } from '@ls/foundation'
import { ChannelSlots } from '@ls/relay'
import type { RelayIdentity } from '../tokens/token-registry.js'

export interface AccountOptions {
  readonly clock: Clock
  /** Kind of its owner, for texts: `provider`, `address`, or what lies around an address. */
  readonly owner: string
  readonly bytesPerSecond: number
  readonly dailyBytes: number
  readonly maxChannels: number
  /** Account of the network around the address, which is charged as well. @default none */
  readonly parent?: Account | undefined
  /** Called when bytes were counted. @default none */
  readonly onCharged?: (() => void) | undefined
  /** Factor by which all its limits are larger than those of an address. @default 1 */
  readonly scale?: number | undefined
}

/** Use of a relay by one identity or one address. */
export class Account {
  readonly owner: string
  /** Number of its sessions. */
  links = 0
  /** Number of identities that were created from it. */
  identities = 0
  /** Factor by which its limits are larger than those of an address. */
  readonly scale: number
  /** This account and those of the networks around it. */
  readonly chain: readonly Account[]
  /** Slots for channels that its connectors open. */
  readonly slots: ChannelSlots
  readonly #options: AccountOptions
  /** Bytes that may still pass; below 0 after more bytes than the rate allows by now. */
  #balanceBytes: number
  #balancedAtMs: number
  #dayBytes = 0
  #dayEndsMs = 0
  #codes: number
  #codesAtMs: number

  constructor({ parent, scale = 1, ...options }: AccountOptions) {
    const { clock, owner, bytesPerSecond, dailyBytes, maxChannels } = options
    this.owner = owner
    this.scale = scale
    this.chain = [this, ...(parent?.chain ?? [])]
    this.#options = { ...options, bytesPerSecond: bytesPerSecond * scale, dailyBytes: dailyBytes * scale }
    this.#balanceBytes = bytesPerSecond * scale
    this.#balancedAtMs = clock.now()
    this.#codes = codesAtOnce * scale
    this.#codesAtMs = clock.now()
    const what = `channels of one ${owner} at this relay`
    this.slots = new ChannelSlots({ limit: maxChannels * scale, what, parent: parent?.slots })
  }

  /** Whether it has nothing open and no bytes to wait for. */
  get isIdle(): boolean {
    return this.links === 0 && this.identities === 0 && this.slots.used === 0 && !this.#isInDay
  }

  /** Counts bytes that came in; returns how long the link must pause, in milliseconds. */
  charge(bytes: number): number {
    const { clock, bytesPerSecond } = this.#options
    const now = clock.now()
    if (now >= this.#dayEndsMs) {
      this.#dayEndsMs = now + dayMs
      this.#dayBytes = 0
    }
    this.#dayBytes += bytes
    this.#options.onCharged?.()
    const earned = ((now - this.#balancedAtMs) * bytesPerSecond) / 1000
    this.#balancedAtMs = now
    this.#balanceBytes = Math.min(bytesPerSecond, this.#balanceBytes + earned) - bytes
    return Math.max(0, Math.ceil((-this.#balanceBytes * 1000) / bytesPerSecond))
  }

  /** Its present day, for the state file; undefined where none has begun. */
  get day(): RelayIdentity['day'] {
    if (!this.#isInDay) return undefined
    return { bytes: this.#dayBytes, endsAtMs: Math.round(Date.now() + this.#dayEndsMs - this.#options.clock.now()) }
  }

  /** Continues a day that began in an earlier process. A wrong clock does not make it longer than a day. */
  continueDay({ bytes, endsAtMs }: NonNullable<RelayIdentity['day']>): void {
    const leftMs = Math.min(dayMs, endsAtMs - Date.now())
    if (leftMs <= 0) return
    this.#dayBytes = bytes
    this.#dayEndsMs = this.#options.clock.now() + leftMs
  }

  /** Reason why it may move no more bytes today; undefined if it may. */
  get dayFault(): string | undefined {
    const { clock, dailyBytes } = this.#options
    if (!this.#isInDay || this.#dayBytes < dailyBytes) return undefined
    const hours = Math.ceil((this.#dayEndsMs - clock.now()) / 3_600_000)
    return `this ${this.owner} has moved its ${dailyBytes} bytes of 24 hours; try again in ${hours} h`
  }

  /**
   * Uses up one of the checks of codes that the account may have now, since a check costs the relay time; false if
   * there is none left.
   */
  takeCode(): boolean {
    const now = this.#options.clock.now()
    const earned = ((now - this.#codesAtMs) * this.scale) / codeIntervalMs
    this.#codes = Math.min(codesAtOnce * this.scale, this.#codes + earned)
    this.#codesAtMs = now
    if (this.#codes < 1) return false
    this.#codes--
    return true
  }

  get #isInDay(): boolean {
    return this.#options.clock.now() < this.#dayEndsMs
  }
}

const dayMs = 86_400_000

/** Codes that may be checked in one burst: those of a provider that reconnects. */
const codesAtOnce = 16

/** Time until one more code may be checked, in milliseconds. */
const codeIntervalMs = 10_000
