import type { Flag } from '../../flag.js'
import { everything } from '../scopes.js'

/** Flags that explain the program instead of running it. */
export const helpFlags = [
  {
    name: 'all',
    type: 'boolean',
    commands: ['help'],
    section: 'Help',
    help: 'Explain every flag, of every command when none is named',
  },
  { name: 'man', type: 'boolean', commands: ['help'], section: 'Help', help: 'Print the manual page, for man -l' },
  { name: 'markdown', type: 'boolean', commands: ['help'], section: 'Help', help: 'Print the tables of the guide' },
  { name: 'help', short: 'h', type: 'boolean', commands: everything, section: 'Help', help: 'Show this help and end' },
] as const satisfies readonly Flag[]
