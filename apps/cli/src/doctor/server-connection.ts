import { makeServerDial } from '@ls/client'
import { resolversFor } from '@ls/dial'
import type { ConnectOptions } from '@ls/transport'
import type { Examination } from './examination.js'

/** Options of the connection to the server, through the same proxies as a client's. */
export function connectionOptions({ url, client, environment, signal }: Examination): ConnectOptions {
  const { proxyFromEnvironment, transport = {}, dns } = client
  const dial = makeServerDial({ ...client, transport: { ...transport, environment } })(url)
  return {
    ...transport,
    url,
    environment,
    signal,
    resolver: resolversFor(dns).servers,
    dial: dial ?? transport.dial,
    proxyFromEnvironment: proxyFromEnvironment ?? transport.proxyFromEnvironment,
  }
}
