import type { CommandName, RoleKind } from './command.js'
import type { Flag } from './flag.js'
import { clusterFlags } from './flags/cluster-flags.js'
import { directModeFlags } from './flags/direct-mode-flags.js'
import { disguiseFlags } from './flags/disguise-flags.js'
import { limitFlags } from './flags/limit-flags.js'
import { linkFlags } from './flags/link-flags.js'
import { networkFlags } from './flags/network-flags.js'
import { fileFlags } from './flags/program/file-flags.js'
import { helpFlags } from './flags/program/help-flags.js'
import { lifeFlags } from './flags/program/life-flags.js'
import { logFlags } from './flags/program/log-flags.js'
import { observeFlags } from './flags/program/observe-flags.js'
import { workerFlags } from './flags/program/worker-flags.js'
import { proxyPortFlags } from './flags/proxy-port-flags.js'
import { relayFlags } from './flags/relay-flags.js'
import { reliabilityFlags } from './flags/reliability-flags.js'
import { tlsFlags } from './flags/tls-flags.js'
import { tokenFlags } from './flags/token-flags.js'
import { webFlags } from './flags/web-flags.js'

/**
 * Table of all flags: parsing, help, environment and the guide all read it. Names, short forms, defaults and variables
 * are those of the deployed LinkSocks programs wherever they have them.
 */
export const flags = [
  ...fileFlags,
  ...linkFlags,
  ...tlsFlags,
  ...webFlags,
  ...disguiseFlags,
  ...proxyPortFlags,
  ...networkFlags,
  ...reliabilityFlags,
  ...limitFlags,
  ...tokenFlags,
  ...relayFlags,
  ...clusterFlags,
  ...workerFlags,
  ...observeFlags,
  ...lifeFlags,
  ...logFlags,
  ...directModeFlags,
  ...helpFlags,
] as const satisfies readonly Flag[]

/** The flags that a command accepts, in the order of the table. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return (flags as readonly Flag[]).filter((flag) => flag.commands.includes(command))
}

/** The flags that have an effect at a command, for its help. */
export function usedFlags(command: CommandName): readonly Flag[] {
  return flagsOf(command).filter((flag) => flag.ignored === undefined && isUsed(flag, command))
}

/** The commands at which a flag has an effect. */
export function usersOf(flag: Flag): readonly CommandName[] {
  return flag.commands.filter((command) => isUsed(flag, command))
}

/** The command `client` is a provider with `-r`, so it uses the flags of both. */
function isUsed({ unusedBy }: Flag, command: CommandName): boolean {
  return command === 'client' || unusedBy?.[command as RoleKind] === undefined
}
