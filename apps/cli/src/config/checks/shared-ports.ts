import type { Problem } from '../config-error.js'
import type { ConfigFile, RoleConfig } from '../config-file.js'
import { clientSettings, serverSettings } from '../role-settings.js'

/** A TCP port that a role opens, with the flag that names it. */
interface OpenedPort {
  readonly role: RoleConfig
  readonly flag: 'ws-port' | 'socks-port'
  readonly host: string
  readonly port: number
}

/** Ports that two roles of a file open, which the second one could not. Ports within one server are checked by it. */
export function sharedPorts({ roles }: ConfigFile): readonly Problem[] {
  const opened: OpenedPort[] = []
  return roles.flatMap((role) => {
    const own = portOf(role)
    if (own === undefined) return []
    const owner = opened.find((other) => isSame(other, own))
    opened.push(own)
    if (owner === undefined) return []
    const place = role.values.get(own.flag)?.place ?? role.place
    const text = `port ${own.port} is that of ${owner.role.path} already; each role has its own`
    return [{ ...place, key: `${role.path}.${own.flag}`, text }]
  })
}

function portOf(role: RoleConfig): OpenedPort | undefined {
  if (role.kind === 'provider') return undefined
  const opened = role.kind === 'server' ? linkPortOf(role) : proxyPortOf(role)
  return opened === undefined || opened.port === 0 || opened.host.startsWith('unix:') ? undefined : opened
}

function linkPortOf(role: RoleConfig): OpenedPort {
  const { wsHost: host, wsPort: port } = serverSettings(role)
  return { role, flag: 'ws-port', host, port }
}

function proxyPortOf(role: RoleConfig): OpenedPort | undefined {
  const { socksHost: host, socksPort: port, socksListen } = clientSettings(role)
  return socksListen.length > 0 ? undefined : { role, flag: 'socks-port', host, port }
}

function isSame(one: OpenedPort, other: OpenedPort): boolean {
  return (
    one.port === other.port && (one.host === other.host || [one.host, other.host].some((host) => anyHost.has(host)))
  )
}

/** Hosts that stand for all addresses of the machine. */
const anyHost: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
