import type { RunOf } from '../arguments/command-line.js'
import { type GivenValue, makeSettings, withTokenOfUrl } from '../arguments/make-settings.js'
import type { Flag } from '../flag.js'
import { flagsOf } from '../flags.js'
import type { ClientSettings } from '../options/client-options.js'
import type { ServerSettings } from '../options/server-options.js'
import type { Settings } from '../settings.js'
import type { TokenSettings } from '../tokens/server-tokens.js'
import type { ConfigBlock, ConfigFile, RoleConfig } from './config-file.js'
import { tokenFlags } from './structure.js'

/** Settings of a server in the file, in the form of a command line's. */
export function serverSettings(role: RoleConfig): ServerSettings {
  return settingsOf(role, flagsOf('server')) as unknown as ServerSettings
}

/** Settings of the further tokens of a server. They share its address for proxy ports unless they have their own. */
export function tokenSettings(role: RoleConfig): readonly TokenSettings[] {
  const { socksHost, socksNowait } = serverSettings(role)
  return role.tokens.map((block) => {
    const own = settingsOf(block, tokenFlags()) as unknown as TokenSettings
    return {
      ...own,
      socksHost: block.values.has('socks-host') ? own.socksHost : socksHost,
      socksNowait: block.values.has('socks-nowait') ? own.socksNowait : socksNowait,
    }
  })
}

/** Settings of a client, provider or connector in the file. @throws UsageError for two different tokens */
export function clientSettings(role: RoleConfig): ClientSettings {
  const settings = settingsOf(role, flagsOf(role.kind)) as unknown as ClientSettings
  return role.kind === 'provider' ? { ...settings, reverse: true } : settings
}

/** Settings of the process. A flag or a variable takes precedence over the file. */
export function processSettings({ process }: ConfigFile, { given }: RunOf<'run'>): Settings<'run'> {
  const asked = new Map(given.map(([flag, value]) => [flag.name, value]))
  const values = flagsOf('run').map((flag): GivenValue => {
    return [flag, asked.get(flag.name) ?? process.values.get(flag.name)?.value]
  })
  return makeSettings(values) as unknown as Settings<'run'>
}

function settingsOf(block: ConfigBlock, flags: readonly Flag[]) {
  const given = flags.map((flag): GivenValue => [flag, block.values.get(flag.name)?.value])
  return makeSettings(withTokenOfUrl(given))
}
