export { longReadBytes, ReadTap, type ReadTapOwner } from './read-tap.js'
