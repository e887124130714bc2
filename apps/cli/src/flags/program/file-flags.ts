import type { Flag } from '../../flag.js'

/** Flags of the configuration file: docs/guide/configuration.md. */
export const fileFlags = [
  {
    name: 'config',
    short: 'c',
    type: 'string',
    placeholder: 'FILE',
    default: 'linksocks.yaml',
    commands: ['run', 'check-config', 'config'],
    section: 'File',
    help: 'Configuration file: YAML, JSON, or TOML where its name ends with .toml',
  },
  {
    name: 'watch-config',
    type: 'boolean',
    commands: ['run'],
    section: 'File',
    help: 'Read the file again when it changes, as SIGHUP does',
  },
] as const satisfies readonly Flag[]
