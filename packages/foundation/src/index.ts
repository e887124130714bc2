export type { Given } from './options/given.js'
export type { Authenticator } from './authenticator.js'
export { formatIpv4, formatIpv6, isIpv4Mapped, parseIpv4, parseIpv6 } from './address/ip-address.js'
export { Changes } from './changes.js'
export { systemClock, type Clock, type TimerHandle } from './clock.js'
export { formatHostPort, type Target } from './address/host-port.js'
export { Histogram, type HistogramSnapshot, latencyBoundsMs } from './histogram.js'
export { specialNetworks } from './address/special-networks.js'
export { isLocalhost, isLoopback, isLoopbackName } from './address/loopback.js'
export { type Logger, loggerOfPart, type LoggerWithParts, type LogPart, logParts, silentLogger } from './logger.js'
export { Pause } from './pause.js'
export { ProgressWatch, type ProgressWatchOptions } from './progress-watch.js'
export { RareLog } from './rare-log.js'
export { RenewedMap } from './renewed-map.js'
export { RenewedSet } from './renewed-set.js'
export { checkDurationMs, checkInteger, maxPort, maxTimerMs } from './options/ranges.js'
export { isReplyWord, replyForms, replyOfErrno, type ReplyWord, replyWords } from './reply-words.js'
export { asError, textOf } from './thrown.js'
export {
  type ClusterCounts,
  type ChannelKind,
  type EndedChannels,
  isFailedOutcome,
  type LimitUse,
  type LinkCounts,
  type PathCounts,
  maxLabelledTokens,
  type Readiness,
  type ReloadCounts,
  type QuotaCounts,
  type Snapshot,
  type TokenCounts,
  type TrafficCounts,
} from './snapshot.js'
export {
  checkOptionNames,
  hasOption,
  inGroup,
  optionGroup,
  type OptionGroup,
  type OptionNames,
  unknownOption,
  unknownOptionError,
} from './options/option-names.js'
export { didYouMean, suggest } from './options/suggestion.js'
