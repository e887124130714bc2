export { ClientError, type ClientErrorCode } from './errors.js'
export { Link, type LinkOpener, type LinkOptions, type OpenLinkRequest, type SessionObserver } from './link.js'
export { ShownToken, type ShownTokenOptions } from './shown-token.js'
export { type LinkSettings, resolveLinkSettings, type ResolvedLinkSettings } from './settings.js'
