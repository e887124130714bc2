/** Source for the address of a name: only the hosts file, DNS, or all sources of the system. */
export type NameSource = 'files' | 'dns' | 'system'

/**
 * Chooses the source of a name, which is in lower case and without a trailing dot; `servers` are those of resolv.conf.
 */
export type SourceChooser = (name: string, servers: readonly string[]) => NameSource

const isShort = (name: string): boolean => !name.includes('.')

/**
 * Modules of nsswitch.conf(5) that answer only for some names: multicast DNS for `.local` (RFC 6762 §3), `myhostname`
 * for this machine and its gateway. `resolve` uses systemd-resolved, which also answers by DNS where resolv.conf names
 * it.
 */
const answersFor: Readonly<Record<string, (name: string, servers: readonly string[]) => boolean>> = {
  files: () => false,
  dns: () => false,
  myhostname: isShort,
  mdns: isLocal,
  mdns4: isLocal,
  mdns6: isLocal,
  mdns_minimal: isLocal,
  mdns4_minimal: isLocal,
  mdns6_minimal: isLocal,
  resolve: (name, servers) =>
    isShort(name) || isLocal(name) || !servers.some((server) => /^127\.0\.0\.5[34]$/.test(server)),
}

function isLocal(name: string): boolean {
  return name.endsWith('.local')
}

/**
 * Reads the `hosts` line of nsswitch.conf(5). The system is used only for names about which a module of the line may
 * have more data than files and DNS. Without the line it is files, then DNS, as in glibc and musl.
 */
export function parseNsswitch(text: string): SourceChooser {
  const line = /^[ \t]*hosts:([^#\n]*)/m.exec(text)?.[1] ?? 'files dns'
  const modules = line
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .trim()
    .split(/\s+/)
  const [filesAt, dnsAt] = [modules.indexOf('files'), modules.indexOf('dns')]
  // Files are read first here; another order needs the system's resolver.
  if (filesAt === -1 || (dnsAt !== -1 && dnsAt < filesAt)) return () => 'system'
  const rest: NameSource = dnsAt !== -1 || modules.includes('resolve') ? 'dns' : 'files'
  const mayKnow = (module: string, name: string, servers: readonly string[]): boolean =>
    answersFor[module]?.(name, servers) ?? true
  return (name, servers) => (modules.some((module) => mayKnow(module, name, servers)) ? 'system' : rest)
}
