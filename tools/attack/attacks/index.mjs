import { connectAndDrop } from './connect-and-drop.mjs'
import { tcpDescriptors, udpDescriptors } from './descriptors.mjs'
import { earlyData } from './early-data.mjs'
import { floods } from './floods.mjs'
import { keyGuessing, tokenGuessing } from './guessing.mjs'
import { gzipBombs } from './gzip-bombs.mjs'
import { halfFrames } from './half-frames.mjs'
import { halfOpen } from './half-open.mjs'
import { halfTls } from './half-tls.mjs'
import { linkedFiles } from './linked-files.mjs'
import { nameFlood } from './name-flood.mjs'
import { neverAcknowledge } from './never-acknowledge.mjs'
import { openFiles } from './open-files.mjs'
import { closedAddresses, namesOfRules } from './other-spellings.mjs'
import { relayStrangers } from './relay-strangers.mjs'
import { smuggling } from './smuggling.mjs'
import { transparentPort, webPages } from './web-pages.mjs'
import { windowHoarding } from './window-hoarding.mjs'

/** Attacks without a token come first, then those with one, then those from the user's own machine. */
export const attacks = [
  halfFrames,
  halfOpen,
  halfTls,
  earlyData,
  keyGuessing,
  tokenGuessing,
  smuggling,
  linkedFiles,
  relayStrangers,
  gzipBombs,
  neverAcknowledge,
  connectAndDrop,
  tcpDescriptors,
  udpDescriptors,
  nameFlood,
  windowHoarding,
  ...floods,
  namesOfRules,
  closedAddresses,
  webPages,
  transparentPort,
  openFiles,
]
