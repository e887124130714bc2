import type { GuardLevel } from '@ls/relay'

/** How a token may be used; the same in the library, the management API and the state file. */
export interface PolicyOptions {
  /** Names the token in logs and lists; at most 64 characters. @default the start of its SHA-256 */
  readonly name?: string | undefined
  /** For people; at most 1000 characters. @default none */
  readonly note?: string | undefined
  /** Targets, `ADDR:PORT`; one must match, by name or by the address it resolves to. At most 1000. @default all */
  readonly allow?: readonly string[] | undefined
  /** Targets closed even so, `ADDR`, `ADDR:PORT` or `:PORT`, by name and by address. At most 1000. @default none */
  readonly deny?: readonly string[] | undefined
  /** Closes more than the server's guard does; it never opens what that closes. @default 'none' */
  readonly guard?: GuardLevel | undefined
  /** Addresses and networks that its clients may come from. At most 1000. @default all */
  readonly sources?: readonly string[] | undefined
  /** What its clients may be. @default what the kind of the token allows */
  readonly roles?: readonly PolicyRole[] | undefined
  /** Channels, UDP associations and connections at its proxy port at once. @default the server's limit */
  readonly maxChannels?: number | undefined
  /** Links at once: a client has one for each of its `--threads`. @default the server's limit */
  readonly maxLinks?: number | undefined
  /** Rates, shared fairly by its connections; datagrams beyond are dropped. Not in agent mode. @default no limit */
  readonly rate?: PolicyRate | undefined
  /** Bytes that it may move in a day and in a month. @default no limit */
  readonly quota?: PolicyQuota | undefined
  /**
   * Host names that its providers may expose, `app.example` or `*.example`. At most 1000. @default those that the
   * server allows
   */
  readonly hosts?: readonly string[] | undefined
  /** When it ends, with all that it carries: `2027-01-31T00:00:00Z`. @default never */
  readonly expiresAt?: string | undefined
  /** When it may be used. @default always */
  readonly hours?: PolicyHours | undefined
}

/** What a client is. */
export type PolicyRole = 'client' | 'provider' | 'connector'

/** Bytes a second: a number, or a text with a unit such as `10Mbit` or `1.5MB`. */
export interface PolicyRate {
  /** From the users to their targets. @default no limit */
  readonly up?: number | string
  /** From the targets to the users. @default no limit */
  readonly down?: number | string
  /** Bytes that may pass at once after a rest. @default a tenth of a second's */
  readonly burst?: number | string
}

/**
 * Bytes of both directions together, TCP and UDP: a number, or a text with a unit such as `10GB`. Days and months are
 * those of UTC.
 */
export interface PolicyQuota {
  /** Bytes in a day. @default no limit */
  readonly day?: number | string
  /** Bytes in a month of the calendar. @default no limit */
  readonly month?: number | string
  /**
   * What happens when they are used up: `refuse` new connections, `end` those that are open as well, or `slow`
   * everything down to `rate`. @default 'refuse'
   */
  readonly atEnd?: QuotaEnd
  /** Bytes a second in each direction; for `slow` alone, which needs it. */
  readonly rate?: number | string
}

/** What happens at the end of a quota. */
export type QuotaEnd = 'refuse' | 'end' | 'slow'

/** Hours of the week. What is open at their end may go on. */
export interface PolicyHours {
  /** `08:00-18:00`, `mon-fri 08:00-18:00`, `sat 22:00-02:00`; at most 100. */
  readonly open: readonly string[]
  /** Time zone, such as `Europe/Berlin`. @default that of the server */
  readonly zone?: string
}
