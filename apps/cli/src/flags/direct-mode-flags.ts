import type { CommandName } from '../command.js'
import type { BooleanFlag, Flag, ListFlag } from '../flag.js'
import { clients, port } from './scopes.js'

const section = 'Direct mode'

/** Flags of direct paths between provider and connector, with the names that the deployed programs use. */
export const directModeFlags = [
  {
    name: 'direct-enable',
    commands: ['server'],
    section,
    type: 'boolean',
    help: 'Let providers and connectors agree on direct paths, which carry connections past this server',
  },
  {
    name: 'direct-mode',
    commands: clients,
    section,
    type: 'string',
    placeholder: 'MODE',
    default: 'disable',
    choices: ['disable', 'relay-only', 'auto', 'direct-only'],
    help: 'Use a direct path to the provider or the connectors: auto goes through the server while there is none; both ends must ask for it',
  },
  {
    name: 'direct-discovery',
    commands: clients,
    section,
    type: 'string',
    placeholder: 'HOW',
    default: 'stun',
    choices: ['stun', 'server', 'auto'],
    needs: 'direct-mode',
    help: 'Servers that report our address outside of a NAT: the --stun-server servers, the LinkSocks server at its port over UDP, or both',
  },
  {
    name: 'stun-server',
    commands: clients,
    section,
    type: 'list',
    placeholder: 'HOST:PORT',
    needs: 'direct-mode',
    help: 'STUN server to ask for our address outside of a NAT; repeatable; none is asked unless given',
  },
  {
    name: 'direct-host-candidates',
    commands: clients,
    section,
    type: 'string',
    placeholder: 'WHEN',
    default: 'auto',
    choices: ['auto', 'always', 'never'],
    needs: 'direct-mode',
    help: "Tell the peer the addresses of this machine's network interfaces: never keeps them private",
  },
  {
    name: 'direct-only-action',
    commands: clients,
    section,
    type: 'string',
    placeholder: 'ACTION',
    default: 'exit',
    choices: ['exit', 'refuse'],
    needs: 'direct-mode',
    help: 'With --direct-mode direct-only and no path: end, or refuse connections and go on trying',
  },
  {
    name: 'direct-secret',
    commands: clients,
    section,
    type: 'string',
    placeholder: 'SECRET',
    secret: 'value',
    needs: 'direct-mode',
    help: 'Secret of both ends that the server does not know, so that it cannot sit in the middle of a direct path',
  },
  {
    name: 'direct-rendezvous-udp',
    commands: ['server'],
    section,
    type: 'boolean',
    help: 'Tell clients over UDP which address a NAT gives them: by STUN, and for --direct-discovery server',
  },
  {
    name: 'direct-rendezvous-host',
    commands: ['server'],
    section,
    type: 'string',
    placeholder: 'ADDRESS',
    help: 'Address of the UDP port of --direct-rendezvous-udp; by default that of --ws-host',
  },
  {
    name: 'direct-rendezvous-port',
    commands: ['server'],
    section,
    type: 'integer',
    default: 0,
    ...port,
    help: 'Number of the UDP port of --direct-rendezvous-udp; 0 takes that of the links, where clients ask',
  },
  ...ignored('value', clients, ['direct-upnp-lease', 'direct-upnp-external-port'], noUpnp()),
  ...ignored('switch', clients, ['direct-upnp', 'direct-upnp-keep'], noUpnp()),
] as const satisfies readonly Flag[]

function noUpnp(): string {
  return 'ports of routers are not opened by UPnP; a direct path goes through the NAT, or through the server'
}

function ignored(
  kind: 'switch' | 'value',
  commands: readonly CommandName[],
  names: readonly string[],
  reason: string,
): IgnoredFlag[] {
  const row = { commands, section, help: '', ignored: reason } as const
  return names.map((name) =>
    kind === 'switch' ? { ...row, name, type: 'boolean' } : { ...row, name, type: 'list', placeholder: 'VALUE' },
  )
}

type IgnoredFlag = (BooleanFlag | ListFlag) & { readonly ignored: string }
