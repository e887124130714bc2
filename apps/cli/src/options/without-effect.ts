import type { CommandName, RoleKind } from '../command.js'
import { flagLabel, type Flag, type FlagValue } from '../flag.js'

/** Flags that were given, by name. */
export type GivenFlags = ReadonlyMap<string, { readonly flag: Flag; readonly value: FlagValue }>

/** Role of a command line, which is that of a provider with `-r`; undefined for commands without a role. */
export function roleOf(command: CommandName, given: GivenFlags): RoleKind | undefined {
  switch (command) {
    case 'client':
    case 'connector':
    case 'provider':
      return given.get('reverse')?.value === true ? 'provider' : command
    case 'server':
      return command
    default:
      return undefined
  }
}

/** Warnings about flags that the role does not use, and about those that need another flag. */
export function withoutEffect(role: RoleKind | undefined, given: GivenFlags): readonly string[] {
  return [...given.values()].flatMap(({ flag }) => {
    const reason = role === undefined ? undefined : flag.unusedBy?.[role]
    // The checks of the settings refuse these.
    if (reason !== undefined)
      return flag.isReliedOn === true ? [] : [`${flagLabel(flag)} has no effect here: ${reason}`]
    if (flag.needs === undefined || given.has(flag.needs)) return []
    return [`${flagLabel(flag)} has no effect without --${flag.needs}`]
  })
}

/**
 * Warnings about the proxy port of a server's own token, if its clients open theirs.
 *
 * @param mayHaveOthers Whether the server may have further tokens, to which its address for proxy ports applies.
 */
export function withoutReverse(given: GivenFlags, mayHaveOthers: boolean): readonly string[] {
  const names = [...(given.has('socks-listen') ? [] : ownerNames), ...(mayHaveOthers ? [] : addressNames), 'socks-port']
  return needReverse(given, names, `: ${opensItself}`)
}

const opensItself = 'clients open the proxy port, with their own -p; --socks-listen opens one at the server'

const ownerNames = ['socks-username', 'socks-password', 'account', 'account-file']
const addressNames = ['socks-host', 'socks-nowait']

/** Warnings about an entry of `tokens`. */
export function entryWithoutReverse(given: GivenFlags): readonly string[] {
  return needReverse(
    given,
    [...given.keys()].filter((name) => !ofEveryToken.has(name)),
    '',
  )
}

const ofEveryToken = new Set(['token', 'reverse', 'policy'])

function needReverse(given: GivenFlags, names: readonly string[], reason: string): readonly string[] {
  if (given.get('reverse')?.value === true) return []
  return names
    .map((name) => given.get(name)?.flag)
    .filter((flag) => flag !== undefined)
    .map((flag) => `${flagLabel(flag)} has no effect without --reverse (-r)${reason}`)
}
