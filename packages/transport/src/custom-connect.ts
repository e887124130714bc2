// What other ways to open a link need: the deadline of an attempt, the connection below, checks, errors and close
// codes. `@ls/disguise` opens its links with these.
export { encodeEarlyData } from './byte-stream/early-data.js'
export { Attempt } from './connect/attempt.js'
export { openConnection, validHeaders } from './connect/connect.js'
export { chromeUserAgent } from './connect/request-headers.js'
export { type AnswerHead, upgradeRefused } from './connect/upgrade-refusal.js'
export { checkServerUrl, placeOf } from './connect/url.js'
export { systemCodeOf } from './errors.js'
export { type ResolvedTransportOptions, resolveTransportOptions } from './options.js'
export { applicationCloseCode, closeFrame, closeReason } from './websocket/close-code.js'
