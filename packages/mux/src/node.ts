export { connectTapped, ReadTap, tapAccepted } from './read-tap.js'
