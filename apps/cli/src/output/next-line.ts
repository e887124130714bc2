import { hostname, networkInterfaces } from 'node:os'
import { writeQuickLink } from '../arguments/quick-link.js'

export interface NextLine {
  /** The way in which the program was called here. */
  readonly program: string
  readonly role: 'client' | 'provider' | 'connector'
  readonly token: string
  /** URL of the server for other machines. */
  readonly url: string
  /** Pin of the server's certificate, which the other machine cannot check otherwise. */
  readonly pin: string | undefined
}

/** Command line to run on the other machine. */
export function nextLine({ program, role, token, url, pin }: NextLine): string {
  if (url.startsWith('ws+unix:')) return `${program} ${role} -t ${token} -u ${url}`
  return `${program} ${role} '${writeQuickLink(url, token)}'${pin === undefined ? '' : ` --tls-pin ${pin}`}`
}

/** Command line for a provider of a relay. */
export function relayLine({ program, url, pin }: Pick<NextLine, 'program' | 'url' | 'pin'>): string {
  return `${program} provider -u '${url}' -c CODE${pin === undefined ? '' : ` --tls-pin ${pin}`}`
}

/** Host by which others most likely reach this machine: from the flags, otherwise an address of this machine. */
export function reachableHost(wsHost: string, names: readonly string[]): string {
  const [name] = names
  if (name !== undefined) return name
  if (!isWildcard(wsHost)) return wsHost
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const own = addresses.filter(({ address, internal }) => !internal && !isLinkLocal(address))
  const best = own.find(({ family }) => family === 'IPv4') ?? own[0]
  return best?.address ?? hostname()
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function isLinkLocal(address: string): boolean {
  return /^(?:169\.254\.|fe[89ab])/i.test(address)
}
