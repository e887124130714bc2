import type { DirectPathOptions } from '@ls/client'
import { parseServerUrl } from '@ls/transport'
import type { Settings } from '../settings.js'

type DirectSettings = Pick<
  Settings<'client'>,
  | 'url'
  | 'directMode'
  | 'directDiscovery'
  | 'stunServer'
  | 'directHostCandidates'
  | 'directProtocol'
  | 'directPort'
  | 'directOnlyAction'
  | 'directSecret'
  | 'directUpnp'
  | 'directUpnpLease'
  | 'directUpnpKeep'
  | 'directUpnpExternalPort'
>

/** The option `direct` of a client; undefined for the modes without direct paths. */
export function directOptions(settings: DirectSettings): DirectPathOptions['direct'] {
  const { directMode: mode, directHostCandidates, directOnlyAction, directSecret } = settings
  const { directProtocol: protocol, directPort: port } = settings
  if (mode !== 'auto' && mode !== 'direct-only') return undefined
  return {
    mode,
    hostCandidates: directHostCandidates,
    protocol,
    port,
    onlyAction: directOnlyAction,
    stunServers: stunServers(settings),
    secret: directSecret,
    upnp: settings.directUpnp ? upnpOptions(settings) : undefined,
  }
}

function upnpOptions({ directUpnpLease: leaseMs, directUpnpKeep: keep, directUpnpExternalPort }: DirectSettings) {
  return { leaseMs, keep, externalPort: directUpnpExternalPort }
}

function stunServers({ directDiscovery, stunServer, url }: DirectSettings): string[] {
  if (directDiscovery === 'stun') return [...stunServer]
  const { hostname, port, protocol } = parseServerUrl(url)
  const own = `${hostname}:${port === '' ? defaultPorts[protocol === 'wss:' ? 'wss' : 'ws'] : port}`
  return directDiscovery === 'server' ? [own] : [own, ...stunServer]
}

const defaultPorts = { ws: 80, wss: 443 } as const
