import type { RelayOptions, ServerOptions } from '@ls/server'
import { judgeCode, loadJudge } from '@ls/server/judge-code'
import type { Settings } from '../settings.js'
import { definedOnly } from './shared-options.js'

/** Converts the settings of a relay to the option of the library. */
export function relayOptions(settings: Settings<'server'>): Pick<ServerOptions, 'relay'> {
  if (!settings.relay) return {}
  // The dictionaries take a second to load; the first provider should not wait for them.
  void loadJudge()
  const relay: RelayOptions = {
    ...definedOnly({ notice: settings.relayNotice }),
    keepMs: settings.relayKeep,
    lifetimeMs: settings.relayLifetime,
    maxIdentities: settings.relayProviders,
    maxAddressIdentities: settings.relayAddressProviders,
    dailyBytes: settings.relayDailyBytes,
    addressDailyBytes: 2 * settings.relayDailyBytes,
    bytesPerSecond: settings.relayRate,
    addressBytesPerSecond: 2 * settings.relayRate,
    judgeCode,
  }
  return { relay }
}
