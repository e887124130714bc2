// `@ls/mux/bulk`: what a session needs for bulk. A page loads it with the first bulk, so it imports no code that the
// page has already: bundlers would put that into a third file, which compresses less.
export { PathControl } from './path/path-control.js'
export { UrgentCopies } from './urgent/urgent-copies.js'
