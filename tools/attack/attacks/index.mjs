import { connectAndDrop } from './connect-and-drop.mjs'
import { tcpDescriptors, udpDescriptors } from './descriptors.mjs'
import { gzipBombs } from './gzip-bombs.mjs'
import { halfFrames } from './half-frames.mjs'
import { halfOpen } from './half-open.mjs'
import { keyGuessing } from './key-guessing.mjs'
import { nameFlood } from './name-flood.mjs'
import { neverAcknowledge } from './never-acknowledge.mjs'
import { smuggling } from './smuggling.mjs'
import { windowHoarding } from './window-hoarding.mjs'

/** Without a token first, then with one. */
export const attacks = [
  halfFrames,
  halfOpen,
  keyGuessing,
  smuggling,
  gzipBombs,
  neverAcknowledge,
  connectAndDrop,
  tcpDescriptors,
  udpDescriptors,
  nameFlood,
  windowHoarding,
]
