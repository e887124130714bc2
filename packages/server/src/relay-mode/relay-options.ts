import { checkDurationMs, checkInteger, type Given } from '@ls/foundation'

/**
 * Options of relay mode: providers without a token connect, each with its own identity, and connectors reach them by
 * the codes that they choose. The limits are for unknown clients; each applies to one identity, its connectors
 * included, or to one address (of IPv6, one /64). All addresses of a /48 together have 16 times the limits of one.
 */
export interface RelayOptions {
  /** Line that every client receives: rules, contact for complaints. At most 1000 characters. @default none */
  readonly notice?: string | undefined
  /** How long an identity waits for its provider, with its codes, in milliseconds. @default 600000 (10 minutes) */
  readonly keepMs?: number | undefined
  /**
   * Longest lifetime of an identity, in milliseconds; its provider may then get a new one; 0 for no end.
   * @default 86400000 (24 h)
   */
  readonly lifetimeMs?: number | undefined
  /** Most identities at a time. @default 4096 */
  readonly maxIdentities?: number | undefined
  /** Most identities of one address. @default 16 */
  readonly maxAddressIdentities?: number | undefined
  /** Most codes of one identity. @default 16 */
  readonly maxCodes?: number | undefined
  /** Most links of one identity. @default 64 */
  readonly maxLinks?: number | undefined
  /** Most links of one address. @default 128 */
  readonly maxAddressLinks?: number | undefined
  /** Most channels of one identity. @default 512 */
  readonly maxChannels?: number | undefined
  /** Most channels that connectors of one address have open. @default 1024 */
  readonly maxAddressChannels?: number | undefined
  /** Bytes that one identity may move within 24 hours, both directions together. @default 10737418240 (10 GiB) */
  readonly dailyBytes?: number | undefined
  /** The same for all links of one address. @default 21474836480 (20 GiB) */
  readonly addressDailyBytes?: number | undefined
  /** Bytes a second of one identity, both directions together. @default 20000000 */
  readonly bytesPerSecond?: number | undefined
  /** The same for all links of one address. @default 40000000 */
  readonly addressBytesPerSecond?: number | undefined
  /**
   * Returns why a code is too easy to guess; undefined for a strong one. Receives the first 16 characters of the code.
   *
   * @default any code of at least 8 characters is good
   */
  readonly judgeCode?: ((code: string) => Promise<string | undefined>) | undefined
}

export type ResolvedRelayOptions = Given<Omit<RelayOptions, 'notice' | 'judgeCode'>> &
  Pick<RelayOptions, 'notice' | 'judgeCode'>

/** Applies the defaults. @throws RangeError for a value out of its range */
export function resolveRelayOptions(options: RelayOptions): ResolvedRelayOptions {
  const count = (name: keyof typeof counts): number => checkInteger(`relay.${name}`, options[name] ?? counts[name], 1)
  const { notice = '' } = options
  if (notice.length > maxNoticeCharacters)
    throw new RangeError(`relay.notice has ${notice.length} characters, the limit is ${maxNoticeCharacters}`)
  return {
    ...options,
    keepMs: checkDurationMs('relay.keepMs', options.keepMs ?? 600_000, 0),
    lifetimeMs: checkDurationMs('relay.lifetimeMs', options.lifetimeMs ?? 86_400_000, 0),
    maxIdentities: count('maxIdentities'),
    maxAddressIdentities: count('maxAddressIdentities'),
    maxCodes: count('maxCodes'),
    maxLinks: count('maxLinks'),
    maxAddressLinks: count('maxAddressLinks'),
    maxChannels: count('maxChannels'),
    maxAddressChannels: count('maxAddressChannels'),
    dailyBytes: count('dailyBytes'),
    addressDailyBytes: count('addressDailyBytes'),
    bytesPerSecond: count('bytesPerSecond'),
    addressBytesPerSecond: count('addressBytesPerSecond'),
  }
}

const gibibyte = 2 ** 30

const counts = {
  maxIdentities: 4096,
  maxAddressIdentities: 16,
  maxCodes: 16,
  maxLinks: 64,
  maxAddressLinks: 128,
  maxChannels: 512,
  maxAddressChannels: 1024,
  dailyBytes: 10 * gibibyte,
  addressDailyBytes: 20 * gibibyte,
  bytesPerSecond: 20_000_000,
  addressBytesPerSecond: 40_000_000,
} as const

/** Limit of the notice: a few lines on a terminal. */
const maxNoticeCharacters = 1000
