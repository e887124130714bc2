export { Destinations } from './destinations.js'
export { LiveView, type LiveViewOptions, type LiveSource, tooManyReaders } from './live-view.js'
export type { LiveConnection, LiveLink, MovedBytes } from './live-connection.js'
export type { EventData, LiveEventName } from './live-event.js'
