import { RareLog } from '@ls/foundation'
import { type Exposure, formatExposure } from '@ls/relay'
import { ServerError } from '../errors.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { ReverseGroup } from '../reverse/reverse-group.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { tenantName } from '../tokens/tenant.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import { Exposures } from './exposures.js'
import { HostExposures } from './hosts/host-exposures.js'

/** Emitter of the event `exposed`. */
interface ExposedEvents {
  emit(event: 'exposed', exposure: Exposure, token: string): boolean
}

/** Creates the exposures that lead to the providers of `groups`. */
export function makeExposures(server: ResolvedServerOptions, groups: ReverseGroups, events: ExposedEvents): Exposures {
  const groupOf = (record: ReverseToken): ReverseGroup => {
    const group = groups.of(record)
    if (group === undefined) throw new ServerError('ERR_SERVER_NO_REVERSE_TOKEN', 'the token was removed')
    return group
  }
  const rareLog = new RareLog(server.clock, server.logger)
  return new Exposures({
    server,
    rareLog,
    hosts: new HostExposures(server, rareLog),
    refusalOf: (record) => groupOf(record).refusal,
    sourceOf: ({ record, instance }) => groupOf(record).sourceFor(instance),
    slotsOf: (record) => groupOf(record).slots,
    reservePort: (port) => groups.reservePort(port),
    releasePort: (port) => groups.releasePort(port),
    onOpen: (exposure, { record }) => {
      server.logger.info(
        { tenant: tenantName(record), exposed: formatExposure(exposure) },
        'a port for a provider is open',
      )
      events.emit('exposed', exposure, record.token)
    },
  })
}
