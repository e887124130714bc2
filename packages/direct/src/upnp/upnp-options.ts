import { checkInteger, maxPort } from '@ls/foundation'

/** Options of port mappings, which a router makes by UPnP (Internet Gateway Device 1 and 2). */
export interface UpnpOptions {
  /**
   * Time in milliseconds for which the router keeps a mapping that is not renewed, from 10 s to 7 days; it is renewed
   * after half of it. 0 is until it is deleted. @default 1800000
   */
  readonly leaseMs?: number | undefined
  /** Whether mappings stay when the client closes, until their lease ends. @default false */
  readonly keep?: boolean | undefined
  /**
   * Port of the router for paths between clients of this project; paths to Go programs get the next one. 0 is the port
   * of the socket, or another one where the router has given that to another machine. @default 0
   */
  readonly externalPort?: number | undefined
}

export const defaultLeaseMs = 1_800_000
const minLeaseMs = 10_000
/** Longest lease in the standard (WANIPConnection:2, §2.3.16): 604,800 seconds. */
const maxLeaseMs = 604_800_000

/** Checks the options. @throws RangeError for an invalid one */
export function checkUpnpOptions({ leaseMs = defaultLeaseMs, externalPort = 0 }: UpnpOptions): void {
  if (leaseMs !== 0) checkInteger('direct.upnp.leaseMs', leaseMs, minLeaseMs, maxLeaseMs)
  checkInteger('direct.upnp.externalPort', externalPort, 0, maxPort)
}
