import type { Duplex } from 'node:stream'
import type { RareLog } from '@ls/foundation'
import type { AddressCheck, DialOptions } from '../outbound/dial.js'
import { upstreamFault } from '../outbound/upstream-fault.js'
import type { AccessPolicy } from '../rules/access-policy.js'
import type { Exit, Routes } from '../rules/routes.js'
import type { CheckedTarget } from '../target.js'
import { type Dialler, diallerThrough, type UpstreamOptions } from './chain.js'

/** Connects to a target whose text has been checked. */
export type TargetDialler = (target: CheckedTarget, options: RoutedDialOptions) => Promise<Duplex>

/** Options of a dial through the target's route. */
interface RoutedDialOptions extends Omit<DialOptions, 'check'> {
  /** Policy to apply. @default the policy for all */
  readonly policy?: AccessPolicy | undefined
}

export interface RoutedOptions extends UpstreamOptions {
  /** Logs proxies that are themselves at fault. */
  readonly rareLog: RareLog
}

/**
 * Creates a dialler that connects each allowed target through the exit of its route. Create it once, as with {@link
 * diallerThrough}.
 */
export function diallerByRoute(routes: Routes, policyForAll: AccessPolicy, options: RoutedOptions): TargetDialler {
  const diallers = new Map(routes.exits.map((exit) => [exit, diallerFor(exit, options)]))
  // Returns a promise even if the route rejects, since callers wait for one.
  return async (target, { policy = policyForAll, ...dialOptions }) => {
    const exit = routes.exitFor(target)
    const refusal = exit.kind === 'upstreams' ? policy.refusalOf(target) : undefined
    if (refusal !== undefined) throw refusal
    const reach = diallers.get(exit) as Dialler
    const check: AddressCheck = (address) => policy.refusalAt(target, address)
    try {
      return await reach(target, { ...dialOptions, check })
    } catch (error) {
      const fault = upstreamFault(error, exit)
      if (fault !== undefined) options.rareLog.warn(fault, (error as Error).message)
      throw error
    }
  }
}

function diallerFor(exit: Exit, options: UpstreamOptions): Dialler {
  return diallerThrough(exit.kind === 'upstreams' ? exit.upstreams : [], options)
}
