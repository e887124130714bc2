/** Limits of a server. */
export interface ServerLimits {
  /** First credit of each channel, in bytes. @default 262144 */
  readonly windowBytes?: number | undefined
  /** How long a session is kept without its WebSocket, in milliseconds. @default 60000 */
  readonly graceMs?: number | undefined
  /** Most unacknowledged bytes of each session. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /**
   * Bytes that the server may buffer for all its clients: queues for slow readers, and unacknowledged messages. Half is
   * reserved for 16 tokens in equal parts; tokens share the other half. Windows may promise four times as much. At the
   * limit, the token that buffers most is slowed down. @default 201326592 (192 MiB)
   */
  readonly processBudgetBytes?: number | undefined
  /**
   * Most sessions of all tokens that wait for their clients after a loss. Over the limit, the token with most of them
   * loses its oldest. @default 4096
   */
  readonly maxGraceSessions?: number | undefined
  /** The same for one token. At its limit, a token gets new sessions slowly: 20 a second. @default 1024 */
  readonly maxTokenGraceSessions?: number | undefined
  /** Time for a client to authenticate after its WebSocket is open, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs?: number | undefined
  /**
   * Most open WebSockets of all clients; two thirds of them for one token. @default 10000, at most a fifth of the files
   * that may be open
   */
  readonly maxLinks?: number | undefined
  /**
   * Most unauthenticated connections at all ports; a new one replaces the oldest. @default 4096, at most a quarter of
   * the files this process may open
   */
  readonly maxPending?: number | undefined
  /** Most unauthenticated connections of one address (IPv6: one /64). @default 512, at most half of `maxPending` */
  readonly maxPendingPerAddress?: number | undefined
  /**
   * Most channels and UDP associations to targets, and connections at reverse ports, of one token: each is an open
   * file. @default a third of the files this process may open, and V8's heap has room for
   */
  readonly maxTokenChannels?: number | undefined
  /** Most open channels on one link. @default 65536 */
  readonly maxChannels?: number | undefined
  /** Channels without a byte for this long are closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
  /** How long a SOCKS client waits for a provider, in milliseconds. @default 10000 */
  readonly providerWaitMs?: number | undefined
  /** How long a connector's request waits for a provider, in milliseconds. @default 5000 */
  readonly connectorWaitMs?: number | undefined
  /** How long the connector tokens of an absent provider stay valid, in milliseconds. @default 600000 (10 minutes) */
  readonly orphanedTokenMs?: number | undefined
}
