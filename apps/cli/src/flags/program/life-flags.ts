import type { Flag } from '../../flag.js'
import { links } from '../scopes.js'

/** Flags for the end of the program: docs/guide/life.md. */
export const lifeFlags = [
  {
    name: 'drain-timeout',
    type: 'duration',
    default: 3_600_000,
    min: 0,
    max: 604_800_000,
    commands: [...links, 'run'],
    section: 'Life',
    help: 'How long open connections may continue when the program drains (SIGUSR2, linksocks drain)',
  },
] as const satisfies readonly Flag[]
