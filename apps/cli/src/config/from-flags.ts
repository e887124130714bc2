import { stringify } from 'yaml'
import type { RoleRun } from '../arguments/config-command.js'
import type { Flag, FlagValue } from '../flag.js'
import { durationText } from '../help/help.js'
import { processFlags, roleFlags, roleSections } from './structure.js'

/** Configuration file that is equivalent to a command line. Contains its secrets in clear text. */
export function fileFromFlags(run: RoleRun): string {
  const kind = run.command !== 'server' && run.settings.reverse ? 'provider' : run.command
  const section = roleSections.find((each) => each.kind === kind)?.key ?? ''
  const pick = (flags: readonly Flag[]): Record<string, unknown> =>
    Object.fromEntries(
      run.given
        .filter(([flag]) => flags.some(({ name }) => name === flag.name))
        .map(([flag, value]) => [flag.name, written(flag, value)]),
    )
  const file = { ...pick(processFlags()), [section]: { main: pick(roleFlags(kind)) } }
  return stringify(file, { lineWidth: 0 })
}

/** Value in the form of the file: references in a value are escaped. */
function written(flag: Flag, value: FlagValue): unknown {
  if (flag.type === 'duration') return durationText(Number(value))
  if (typeof value === 'string') return escape(value)
  return typeof value === 'object' ? value.map(escape) : value
}

function escape(text: string): string {
  return text.replaceAll(/\$(?=\{[A-Za-z_])/g, () => '$$')
}
