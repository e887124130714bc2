export { longReadBytes, ReadTap } from './read-tap.js'
