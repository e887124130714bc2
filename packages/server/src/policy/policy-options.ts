import type { GuardLevel } from '@ls/relay'

/** Options of a token's policy; the same in the library, the management API and the state file. */
export interface PolicyOptions {
  /** Name of the token in logs and lists; at most 64 characters. @default the start of its SHA-256 */
  readonly name?: string | undefined
  /** Note for people; at most 1000 characters. @default none */
  readonly note?: string | undefined
  /**
   * Allowed targets, `ADDR:PORT`; one must match, by name or by the address it resolves to. At most 1000. @default all
   */
  readonly allow?: readonly string[] | undefined
  /**
   * Targets closed even if `allow` matches, `ADDR`, `ADDR:PORT` or `:PORT`, by name and by address. At most 1000.
   * @default none
   */
  readonly deny?: readonly string[] | undefined
  /** Guard in addition to the server's: it can only close more targets. @default 'none' */
  readonly guard?: GuardLevel | undefined
  /** Addresses and networks from which clients may connect. At most 1000. @default all */
  readonly sources?: readonly string[] | undefined
  /** Roles that clients may have. @default what the kind of the token allows */
  readonly roles?: readonly PolicyRole[] | undefined
  /** Most open channels, UDP associations and connections at its proxy port together. @default the server's limit */
  readonly maxChannels?: number | undefined
  /** Most open links: a client has one for each of its `--threads`. @default the server's limit */
  readonly maxLinks?: number | undefined
  /** Rates, shared fairly by its connections; datagrams beyond are dropped. Not in agent mode. @default no limit */
  readonly rate?: PolicyRate | undefined
  /** Bytes that the token may move in a day and in a month. @default no limit */
  readonly quota?: PolicyQuota | undefined
  /**
   * Host names that its providers may expose, `app.example` or `*.example`. At most 1000. @default those that the
   * server allows
   */
  readonly hosts?: readonly string[] | undefined
  /** Time of expiry; all its connections end then: `2027-01-31T00:00:00Z`. @default never */
  readonly expiresAt?: string | undefined
  /** Hours in which the token may be used. @default always */
  readonly hours?: PolicyHours | undefined
}

/** Role of a client. */
export type PolicyRole = 'client' | 'provider' | 'connector'

/** Bytes a second: a number, or a text with a unit such as `10Mbit` or `1.5MB`. */
export interface PolicyRate {
  /** From the users to their targets. @default no limit */
  readonly up?: number | string
  /** From the targets to the users. @default no limit */
  readonly down?: number | string
  /** Bytes that may pass in one burst after a pause. @default a tenth of a second's */
  readonly burst?: number | string
}

/**
 * Quota in bytes of both directions together, TCP and UDP: a number, or a text with a unit such as `10GB`. Days and
 * months are those of UTC.
 */
export interface PolicyQuota {
  /** Bytes in a day. @default no limit */
  readonly day?: number | string
  /** Bytes in a calendar month. @default no limit */
  readonly month?: number | string
  /**
   * Action when the quota is used up: `refuse` new connections, `end` open ones as well, or `slow` everything down to
   * `rate`. @default 'refuse'
   */
  readonly atEnd?: QuotaEnd
  /** Bytes a second in each direction; for `slow` only, which requires it. */
  readonly rate?: number | string
}

/** Action when a quota is used up. */
export type QuotaEnd = 'refuse' | 'end' | 'slow'

/** Hours of the week. Connections that are open at their end may continue. */
export interface PolicyHours {
  /** Spans such as `08:00-18:00`, `mon-fri 08:00-18:00`, `sat 22:00-02:00`; at most 100. */
  readonly open: readonly string[]
  /** Time zone, such as `Europe/Berlin`. @default that of the server */
  readonly zone?: string
}
