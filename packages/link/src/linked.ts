// `@ls/link/linked`: what a link needs once it is up. It has a path of its own because a page loads it then. It imports
// no code that the page has already (decision 118).
export { type LeaveOptions, MovingLink, type MovingLinkOptions } from './moving-link.js'
export { UrgentDialler, type UrgentDiallerOptions } from './urgent-dialler.js'
