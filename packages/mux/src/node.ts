export { longReadBytes, ReadTap, type ReadTapOwner } from './memory/read-tap.js'
