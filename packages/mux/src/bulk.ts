// `@ls/mux/bulk`: what a session needs for bulk. A page loads it with the first bulk, so it imports no code that the
// page has already: bundlers would put that into a third file, which compresses less.
export { processFramePool } from './memory/frame-pool.js'
export { PathControl } from './path/path-control.js'
export { UrgentLink } from './urgent/urgent-link.js'
