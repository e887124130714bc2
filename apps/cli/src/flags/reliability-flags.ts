import type { Flag } from '../flag.js'
import { links } from './scopes.js'

/** The longest delay Node's timers take, in milliseconds. */
const maxDelayMs = 0x7fffffff

/** What is promised about a link, and what it may cost: docs/guide/reliability.md. */
export const reliabilityFlags = [
  {
    name: 'grace',
    type: 'duration',
    default: 60_000,
    min: 0,
    max: 86_400_000,
    commands: ['server'],
    section: 'Reliability',
    help: 'How long connections outlive a lost link',
  },
  {
    name: 'window',
    type: 'integer',
    default: 262_144,
    min: 4096,
    max: 16_777_216,
    commands: links,
    section: 'Reliability',
    help: 'Bytes that each connection may have on their way at first; grows with use',
  },
  {
    name: 'replay-limit',
    type: 'integer',
    default: 33_554_432,
    min: 65_536,
    max: 1_073_741_824,
    commands: links,
    section: 'Reliability',
    help: 'Bytes kept on each link until the other end has them; sending pauses at the limit',
  },
  {
    name: 'without',
    type: 'list',
    placeholder: 'FEATURE',
    choices: ['window', 'fin', 'resume'],
    commands: links,
    section: 'Reliability',
    help: 'Do without window (credit for each connection), fin (half-close) or resume (outliving a lost link); repeatable',
  },
  {
    name: 'heartbeat',
    type: 'duration',
    default: 20_000,
    min: 0,
    max: 3_600_000,
    commands: links,
    section: 'Reliability',
    help: 'Time between pings; 0 for none. With resume they come at least every 5s',
  },
  {
    name: 'heartbeat-deadline',
    type: 'duration',
    default: 45_000,
    min: 1000,
    max: 86_400_000,
    commands: links,
    section: 'Reliability',
    help: 'Silence after which the other end is dead; with resume it follows the round trip and is shorter',
  },
  {
    name: 'idle-limit',
    type: 'duration',
    default: 43_200_000,
    min: 1000,
    max: maxDelayMs,
    commands: links,
    section: 'Reliability',
    help: 'A connection without a byte for this long is closed',
  },
] as const satisfies readonly Flag[]
