import type { Flag } from '../../flag.js'
import { links, logging } from '../scopes.js'

/** Flags of the log. */
export const logFlags = [
  {
    name: 'debug',
    short: 'd',
    type: 'count',
    max: 2,
    commands: logging,
    section: 'Logs',
    help: 'Log more: -d for debug, -dd for trace',
  },
  {
    name: 'log-level',
    type: 'string',
    placeholder: 'LEVEL',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    commands: logging,
    section: 'Logs',
    help: 'Lowest level to log, regardless of -d; info by default, warn for demo and connect',
  },
  {
    name: 'log-format',
    type: 'string',
    placeholder: 'FORMAT',
    default: 'auto',
    choices: ['auto', 'human', 'json'],
    commands: logging,
    section: 'Logs',
    help: 'json writes a JSON object for each line of both streams; auto and human write lines for people',
  },
  {
    name: 'log-file',
    type: 'string',
    placeholder: 'FILE',
    commands: [...links, 'run'],
    section: 'Logs',
    help: 'Write the log to a file instead of standard error; SIGUSR1 and SIGHUP open it again',
  },
  {
    name: 'access-log',
    type: 'string',
    placeholder: 'FILE',
    commands: ['server', 'run'],
    section: 'Logs',
    help: 'Write a JSON line for each connection of a server at its end; - for standard output',
  },
] as const satisfies readonly Flag[]
