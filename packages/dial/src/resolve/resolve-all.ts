import { isIP } from 'node:net'
import { mostInformative } from '../errors.js'
import type { Answer, Family } from '../race.js'
import type { LookupOptions, NameResolver } from './name-resolver.js'

/**
 * Returns all addresses of a host, IPv6 first: directly where they are known, otherwise as a promise.
 *
 * @throws DialError, directly or by the promise, where there are none
 */
export function resolveAll(
  resolver: NameResolver,
  host: string,
  options?: LookupOptions,
): readonly string[] | Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  const answers: Partial<Record<Family, Answer>> = {}
  const isComplete = (): boolean => answers[4] !== undefined && answers[6] !== undefined
  let onComplete = (): void => {}
  const take = (family: Family, answer: Answer): void => {
    answers[family] = answer
    if (isComplete()) onComplete()
  }
  resolver.lookup(host, take, options)
  if (isComplete()) return addressesOf(answers)
  const complete = new Promise<void>((resolve) => {
    onComplete = resolve
  })
  return complete.then(() => addressesOf(answers))
}

function addressesOf({ 4: ipv4, 6: ipv6 }: Partial<Record<Family, Answer>>): readonly string[] {
  const addresses = [...(ipv6?.addresses ?? []), ...(ipv4?.addresses ?? [])]
  if (addresses.length > 0) return addresses
  throw mostInformative([ipv6?.error, ipv4?.error].filter((error) => error !== undefined))
}
