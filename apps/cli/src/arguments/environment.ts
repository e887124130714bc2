import { didYouMean, suggest } from '@ls/foundation'
import { modes, type RunCommandName } from '../command.js'
import { UsageError } from '../errors.js'
import { environmentNames, type Flag, type FlagValue } from '../flag.js'
import { flags } from '../flags.js'
import { readValue, shorten } from './flag-value.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** Variable with the command to run if the command line names none. */
export const modeVariable = 'LINKSOCKS_MODE'

/** Other names of these modes in LinkSocks 1.10. */
const deployedModes: ReadonlyMap<string, RunCommandName> = new Map([
  ['forward', 'client'],
  ['reverse', 'provider'],
])

/** Mode in the environment. @throws UsageError when the variable contains anything but a mode */
export function readMode(environment: Environment): RunCommandName | undefined {
  const mode = environment[modeVariable]?.trim() ?? ''
  if (mode === '') return undefined
  const word = mode.toLowerCase()
  const command = modes.find((name) => name === (deployedModes.get(word) ?? word))
  if (command !== undefined) return command
  throw new UsageError(`${modeVariable} is '${shorten(mode)}'; it must be one of ${modes.join(', ')}`)
}

/** Value of a flag from the environment, without surrounding white space. An empty variable counts as missing. */
export function readVariable(flag: Flag, environment: Environment): FlagValue | undefined {
  const name = environmentNames(flag).find((each) => (environment[each]?.trim() ?? '') !== '')
  const text = name === undefined ? undefined : environment[name]?.trim()
  if (name === undefined || text === undefined) return undefined
  if (flag.type !== 'list') return readValue(flag, text, name)
  const elements = flag.splitEnv === true ? text.split(/\s+/).filter((element) => element !== '') : [text]
  return elements.map((element) => String(readValue(flag, element, name)))
}

/** Warnings about variables that look misspelt, one for each; others may belong to other programs. */
export function misspeltVariables(environment: Environment): readonly string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !knownVariables.includes(name) && !serviceVariables.test(name))
    .flatMap((name) => {
      const [likeliest] = suggest(name.slice(prefix.length), knownEndings)
      return likeliest === undefined ? [] : [`unknown environment variable ${name}${didYouMean([prefix + likeliest])}`]
    })
}

const prefix = 'LINKSOCKS_'
/** Variables that Kubernetes sets in each container if there is a service called linksocks. */
const serviceVariables = /^LINKSOCKS_(PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?|SERVICE_(HOST|PORT(_\w+)?))$/
const knownVariables = [modeVariable, ...new Set(flags.flatMap((flag: Flag) => environmentNames(flag)))]
const knownEndings = knownVariables.map((name) => name.slice(prefix.length))
