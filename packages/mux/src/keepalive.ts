// `@ls/mux/keepalive`: a path of its own, because a page loads it once it is linked. It imports no code that the page
// has already (see bulk.ts).
export { Keepalive, type KeepaliveOptions } from './link/keepalive.js'
