import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { textOfTag } from '../src/upnp/gateway-description.js'

/** A mapping that the router has. */
export interface FakeMapping {
  readonly internalPort: number
  readonly client: string
  readonly leaseSeconds: number
}

/** A router that maps ports by UPnP, on the loopback of this machine. */
export interface FakeGateway {
  /** Where it waits for searches. */
  readonly searchAt: { readonly address: string; readonly port: number }
  /** Mappings of UDP ports, by external port. */
  readonly mappings: Map<number, FakeMapping>
  /** Mappings of TCP ports. */
  readonly tcpMappings: Map<number, FakeMapping>
  /** Actions that were called so far. */
  readonly actions: readonly string[]
  /** Answers to searches so far. */
  answers: number
  externalAddress: string
  /** Error code for an action; undefined carries it out. */
  refuse: (action: string, body: string) => number | undefined
  /** Description of the device. */
  describe: (baseUrl: string) => string
  /** Where the answer to a search says that the description is. */
  location: (baseUrl: string) => string
}

/** Starts a router for the current test. */
export async function fakeGateway(service = 'WANIPConnection:1'): Promise<FakeGateway> {
  const type = `urn:schemas-upnp-org:service:${service}`
  const actions: string[] = []
  const http = createServer((request, response) => void serve(request, response))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  udp.on('message', (question, { port, address }) => {
    if (!question.toString().startsWith('M-SEARCH * HTTP/1.1\r\n')) return
    gateway.answers++
    udp.send(searchAnswer(), port, address)
  })
  onTestFinished(() => {
    udp.close()
    http.closeAllConnections()
    http.close()
  })
  const gateway: FakeGateway = {
    searchAt: { address: '127.0.0.1', port: udp.address().port },
    mappings: new Map(),
    tcpMappings: new Map(),
    actions,
    answers: 0,
    externalAddress: '203.0.113.7',
    refuse: () => undefined,
    describe: () => description(type),
    location: (base) => `${base}/device.xml`,
  }
  return gateway

  function searchAnswer(): string {
    const lines = ['HTTP/1.1 200 OK', 'ST: upnp:rootdevice', `LOCATION: ${gateway.location(baseUrl)}`, 'EXT:', '', '']
    return lines.join('\r\n')
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/device.xml') return void response.end(gateway.describe(baseUrl))
    const action = /#(\w+)"$/.exec(String(request.headers['soapaction']))?.[1] ?? ''
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    actions.push(action)
    const code = gateway.refuse(action, body)
    if (code !== undefined) return void response.writeHead(500).end(fault(code))
    response.end(perform(action, body))
  }

  function perform(action: string, body: string): string {
    const port = Number(textOfTag(body, 'NewExternalPort'))
    const mappings = textOfTag(body, 'NewProtocol') === 'TCP' ? gateway.tcpMappings : gateway.mappings
    if (action === 'AddPortMapping') {
      const internalPort = Number(textOfTag(body, 'NewInternalPort'))
      const leaseSeconds = Number(textOfTag(body, 'NewLeaseDuration'))
      mappings.set(port, { internalPort, client: textOfTag(body, 'NewInternalClient') ?? '', leaseSeconds })
    }
    if (action === 'DeletePortMapping') mappings.delete(port)
    const address = `<NewExternalIPAddress>${gateway.externalAddress}</NewExternalIPAddress>`
    return `<s:Envelope><s:Body><u:${action}Response>${address}</u:${action}Response></s:Body></s:Envelope>`
  }
}

function description(type: string): string {
  const service = `<serviceType>${type}</serviceType><SCPDURL>/scpd.xml</SCPDURL><controlURL>/control</controlURL>`
  return `<?xml version="1.0"?><root><device><deviceList><device><serviceList>
    <service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3</controlURL></service>
    <service>${service}</service>
  </serviceList></device></deviceList></device></root>`
}

function fault(code: number): string {
  const detail = `<UPnPError><errorCode>${code}</errorCode><errorDescription>NotToday</errorDescription></UPnPError>`
  return `<s:Envelope><s:Body><s:Fault><detail>${detail}</detail></s:Fault></s:Body></s:Envelope>`
}
