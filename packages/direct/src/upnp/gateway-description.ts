import { parseUrl } from './gateway-search.js'

/** Service of a router that maps ports. */
export interface MappingService {
  readonly type: string
  /** Where its actions are called. */
  readonly control: URL
}

/** Services that map ports, best first: the others are those of older routers and of PPP. */
const types = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
)

/** Most services of a router that are tried, one after the other: it has one of each type, some have several. */
const maxServices = 8

/** Finds the services that map ports in a router's description, best first. They must be at the router itself. */
export function mappingServices(xml: string, description: URL): MappingService[] {
  const base = parseUrl(textOfTag(xml, 'URLBase') ?? '', description) ?? description
  const services = xml
    .split('<service>')
    .slice(1)
    .flatMap((part): MappingService[] => {
      const type = textOfTag(part, 'serviceType')
      const path = textOfTag(part, 'controlURL')
      const control = path === undefined ? undefined : parseUrl(path, base)
      if (type === undefined || control?.protocol !== 'http:' || control.hostname !== description.hostname) return []
      return [{ type, control }]
    })
  return types.flatMap((type) => services.filter((service) => service.type === type)).slice(0, maxServices)
}

/** Text of the first element of this name, without spaces around it; undefined where there is none. */
export function textOfTag(xml: string, name: string): string | undefined {
  // The text cannot contain `<`, so no part of the input is read twice.
  return new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>([^<]*)</`).exec(xml)?.[1]?.trim()
}
