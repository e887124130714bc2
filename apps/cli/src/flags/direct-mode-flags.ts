import type { CommandName } from '../command.js'
import type { BooleanFlag, Flag, ListFlag } from '../flag.js'
import { clients } from './scopes.js'

/** Peer-to-peer links of the deployed programs: the flags are taken, so that command lines keep working. */
export const directModeFlags = [
  ...direct('switch', ['server'], ['direct-enable', 'direct-rendezvous-udp']),
  ...direct('value', ['server'], ['direct-rendezvous-host', 'direct-rendezvous-port']),
  ...direct('value', clients, ['direct-mode', 'direct-discovery', 'direct-host-candidates', 'direct-only-action']),
  ...direct('value', clients, ['direct-upnp-lease', 'direct-upnp-external-port', 'stun-server']),
  ...direct('switch', clients, ['direct-upnp', 'direct-upnp-keep']),
] satisfies readonly Flag[]

function direct(kind: 'switch' | 'value', commands: readonly CommandName[], names: readonly string[]): IgnoredFlag[] {
  const row = { commands, section: 'Direct mode', help: '' } as const
  const ignored = 'direct mode is not supported, traffic goes through the server'
  return names.map((name) =>
    kind === 'switch'
      ? { ...row, name, ignored, type: 'boolean' }
      : { ...row, name, ignored, type: 'list', placeholder: 'VALUE' },
  )
}

type IgnoredFlag = (BooleanFlag | ListFlag) & { readonly ignored: string }
