import { didYouMean, suggest } from '@ls/foundation'
import { findCommand } from '../command-table.js'
import { configActions, type ConfigAction } from '../command.js'
import { UsageError } from '../errors.js'
import type { FlagValue } from '../flag.js'
import { fileFlags } from '../flags/program/file-flags.js'
import type { Environment } from './environment.js'
import { shorten } from './flag-value.js'
import type { Run, RunOf } from './run.js'

/** Action on a configuration file. */
export type ConfigRequest =
  | { readonly kind: 'config'; readonly action: 'check' | 'show'; readonly file: string }
  | { readonly kind: 'config'; readonly action: 'schema' }
  | { readonly kind: 'config'; readonly action: 'from-flags'; readonly run: RoleRun }

/** Command line of a role. */
export type RoleRun = RunOf<'server'> | RunOf<'client'> | RunOf<'provider'> | RunOf<'connector'>

/** Arguments after `check-config` or `config`. */
export interface ConfigArguments {
  readonly positionals: readonly string[]
  /** Value of `-c`, which the command `run` has as well. */
  readonly flag: FlagValue | undefined
}

/** Reads the file name of `check-config` and `config show`. @throws UsageError for more than one */
export function readFileArgument({ positionals, flag }: ConfigArguments, environment: Environment): string {
  const [file, extra] = flag === undefined ? positionals : [String(flag), ...positionals]
  if (extra !== undefined) throw new UsageError(`unexpected argument '${shorten(extra)}'`)
  return file ?? environment['LINKSOCKS_CONFIG'] ?? fileFlags[0].default
}

/** Reads the arguments of `linksocks config`. @throws UsageError for anything but an action */
export function readConfigRequest({ positionals, flag }: ConfigArguments, environment: Environment): ConfigRequest {
  const [word, ...rest] = positionals
  const action = readAction(word)
  if (action === 'show')
    return { kind: 'config', action, file: readFileArgument({ positionals: rest, flag }, environment) }
  const [extra] = flag === undefined ? rest : [String(flag)]
  if (extra !== undefined) throw new UsageError(`unexpected argument '${shorten(extra)}'`)
  if (action === 'schema') return { kind: 'config', action }
  throw new UsageError('config from-flags needs a command line: linksocks config from-flags server -t …')
}

/**
 * Reads the command line after `config from-flags`, which has its own flags. @throws UsageError unless it runs a role
 */
export function readFromFlags(run: { readonly kind: string } | Run): ConfigRequest {
  if (run.kind === 'run' && isRole(run as Run)) return { kind: 'config', action: 'from-flags', run: run as RoleRun }
  throw new UsageError('config from-flags takes a server, client, provider or connector with its flags')
}

function isRole({ command }: Run): boolean {
  return command !== 'run' && command !== 'demo' && command !== 'connect'
}

function readAction(word: string | undefined): ConfigAction {
  if (word === undefined) throw new UsageError(`config needs one of: ${configActions.join(', ')}`)
  const action = configActions.find((name) => name === word)
  if (action !== undefined) return action
  const hint = findCommand(word) === undefined ? didYouMean(suggest(word, configActions)) : ''
  throw new UsageError(`config has no '${shorten(word)}', but ${configActions.join(', ')}${hint}`)
}
