import { parseUpstream } from '@ls/relay'
import { environmentProxy, environmentWarnings, hostOf, portOf, socketPathOf } from '@ls/transport'
import type { Examination, Step } from './examination.js'

/** Reports the proxies on the path to the server, from flags or from the environment. */
export const proxyStep: Step = {
  name: 'proxy',
  timeoutMs: 1000,
  async run(examination) {
    const { url, client, environment, report } = examination
    const pass = (text: string): void => report({ step: 'proxy', level: 'PASS', text })
    if (socketPathOf(url) !== undefined) {
      pass('none: the server is at a UNIX socket of this machine')
      return true
    }
    const [first, ...others] = (client.serverProxies ?? []).map(parseUpstream)
    if (first !== undefined) {
      through(examination, first)
      pass(
        `${[first, ...others].map(({ protocol, host, port }) => `${protocol}://${host}:${port}`).join(', then ')} (--proxy)`,
      )
      return true
    }
    examination.firstHop = { host: hostOf(url), port: portOf(url) }
    if (client.proxyFromEnvironment === false) {
      pass('none: those of the environment are not used (--no-env-proxy)')
      return true
    }
    for (const text of environmentWarnings(environment)) report({ step: 'proxy', level: 'WARN', text })
    const proxy = environmentProxy(url, environment)
    if (proxy === undefined) {
      pass('none: the environment names none for this server')
      return true
    }
    through(examination, { host: hostOf(proxy), port: portOf(proxy) || defaultSocksPort })
    examination.hasTlsProxy = proxy.protocol === 'https:'
    pass(`${proxy.protocol}//${proxy.host} (from the environment; --no-env-proxy goes without)`)
    return true
  },
}

function through(examination: Examination, { host, port }: { host: string; port: number }): void {
  examination.firstHop = { host, port }
  examination.hasProxy = true
}

/** RFC 1928 §3. */
const defaultSocksPort = 1080
