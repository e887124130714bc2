import type { Settings } from '../settings.js'
import { parseCommandLine, type RunOf } from './command-line.js'

/** Settings of a client without flags, for commands that link as a client but have fewer flags. */
export function clientDefaults(): Settings<'client'> {
  return (parseCommandLine(['client'], {}) as RunOf<'client'>).settings
}
