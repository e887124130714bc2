export { PortMapper, type PortMapperOptions } from './upnp/port-mapper.js'
