import { isIP } from 'node:net'
import type { Family } from '../race.js'

/** The addresses of one name, in the order of the file. */
export type HostAddresses = Readonly<Record<Family, readonly string[]>>

/**
 * Reads hosts(5): an address and names on each line, `#` begins a comment. Names are in lower case and without a
 * trailing dot; lines for one name are combined. Other lines are skipped.
 */
export function parseHosts(text: string): ReadonlyMap<string, HostAddresses> {
  const found = new Map<string, Record<Family, string[]>>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    const family = isIP(address)
    if (family === 0) continue
    for (const name of names) addAddress(found, name, family as Family, address)
  }
  return found
}

function addAddress(found: Map<string, Record<Family, string[]>>, name: string, family: Family, address: string): void {
  const key = name.toLowerCase().replace(/\.$/, '')
  const known = found.get(key) ?? { 4: [], 6: [] }
  found.set(key, known)
  if (!known[family].includes(address)) known[family].push(address)
}

/** Returns the path of the system's hosts file. */
export function hostsPath(): string {
  const { SystemRoot = 'C:\\Windows' } = process.env
  return process.platform === 'win32' ? `${SystemRoot}\\System32\\drivers\\etc\\hosts` : '/etc/hosts'
}
