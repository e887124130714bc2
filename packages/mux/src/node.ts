export { Departure } from './transports/departure.js'
export { longReadBytes, ReadTap, type ReadTapOwner } from './memory/read-tap.js'
