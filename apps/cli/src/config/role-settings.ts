import type { RunOf } from '../arguments/command-line.js'
import { type GivenValue, makeSettings, makeTokenSettings, withTokenOfUrl } from '../arguments/make-settings.js'
import type { Flag } from '../flag.js'
import { flagsOf } from '../flags.js'
import type { ClientSettings } from '../options/client-options.js'
import type { ServerSettings } from '../options/server-options.js'
import type { Settings, TokenSettings } from '../settings.js'
import type { ConfigBlock, ConfigFile, RoleConfig } from './config-file.js'
import { tokenFlags } from './structure.js'

/** Settings of a server in the file, in the form of a command line's. */
export function serverSettings(role: RoleConfig): ServerSettings {
  return makeSettings('server', valuesOf(role, flagsOf('server')))
}

/** Settings of the further tokens of a server. They share its address for proxy ports unless they have their own. */
export function tokenSettings(role: RoleConfig): readonly TokenSettings[] {
  const { socksHost, socksNowait } = serverSettings(role)
  return role.tokens.map((block) => {
    const own = makeTokenSettings(valuesOf(block, tokenFlags()))
    return {
      ...own,
      socksHost: block.values.has('socks-host') ? own.socksHost : socksHost,
      socksNowait: block.values.has('socks-nowait') ? own.socksNowait : socksNowait,
    }
  })
}

/** Settings of a client, provider or connector in the file. @throws UsageError for two different tokens */
export function clientSettings(role: RoleConfig): ClientSettings {
  // The commands `provider` and `connector` accept the flags of `client`.
  const settings = makeSettings('client', valuesOf(role, flagsOf('client')))
  return role.kind === 'provider' ? { ...settings, reverse: true } : settings
}

/** Settings of the process. A flag or a variable takes precedence over the file. */
export function processSettings({ process }: ConfigFile, { given }: RunOf<'run'>): Settings<'run'> {
  const asked = new Map(given.map(([flag, value]) => [flag.name, value]))
  const values = flagsOf('run').map((flag): GivenValue => {
    return [flag, asked.get(flag.name) ?? process.values.get(flag.name)?.value]
  })
  return makeSettings('run', values)
}

function valuesOf(block: ConfigBlock, flags: readonly Flag[]): readonly GivenValue[] {
  return withTokenOfUrl(flags.map((flag): GivenValue => [flag, block.values.get(flag.name)?.value]))
}
