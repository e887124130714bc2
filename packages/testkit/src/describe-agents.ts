import { once } from 'node:events'
import { type Agent, get, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Agent as UndiciAgent, type buildConnector, request } from 'undici'
import { describe, expect, test } from 'vitest'
import { askOver } from './ask-over.js'
import { httpServer } from './servers/http-server.js'

/** The functions of a package that reach a target through a proxy, and such a proxy. */
export interface AgentContract<Proxy> {
  /** Opens a proxy for the user `ada` with the password `secret`. It notes the hosts, and reaches this machine. */
  open(): Promise<{ readonly proxy: Proxy; readonly asked: readonly string[] }>
  /** The same proxy with another password. */
  withWrongPassword(proxy: Proxy): Proxy
  /** Code of the error for a wrong password. */
  readonly wrongPassword: string
  readonly createAgents: (options: { readonly proxy: Proxy; readonly agent?: { readonly keepAlive: boolean } }) => {
    readonly http: Agent
  }
  /** `createUndiciConnect` of the package. */
  readonly createUndiciConnect: (options: { readonly proxy: Proxy }) => buildConnector.connector
  readonly connect: (options: {
    readonly proxy: Proxy
    readonly target: { readonly host: string; readonly port: number }
  }) => Promise<Duplex>
}

/** Sends a request of Node's own client. Resolves with the body. */
export async function askNode(options: RequestOptions): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  return text(response)
}

const page = 'it works\n'

/** Rules for agents through a proxy, as a suite for each kind of proxy. */
export function describeAgents<Proxy>(contract: AgentContract<Proxy>): void {
  const { open, createAgents } = contract

  describe('createAgents', () => {
    test('serves http.get, with the name resolved at the proxy', async () => {
      const { proxy, asked } = await open()
      const { http } = createAgents({ proxy, agent: { keepAlive: false } })
      const body = await overServer((port) => askNode({ host: 'far.test', port, agent: http }))
      expect({ body, asked }).toEqual({ body: page, asked: ['far.test'] })
    })

    test('fails a request with the reason of the proxy', async () => {
      const { proxy } = await open()
      const { http } = createAgents({ proxy: contract.withWrongPassword(proxy) })
      const code = contract.wrongPassword
      await expect(askNode({ host: 'far.test', port: 1, agent: http })).rejects.toMatchObject({ code })
    })
  })

  test('createUndiciConnect serves undici, with the name resolved at the proxy', async () => {
    const { proxy, asked } = await open()
    const body = await overServer((port) => fetchText(contract.createUndiciConnect({ proxy }), port))
    expect({ body, asked }).toEqual({ body: page, asked: ['far.test'] })
  })

  test('connect hands out a stream that works in an agent of the caller', async () => {
    const { proxy } = await open()
    const target = (port: number) => ({ host: 'far.test', port })
    const body = overServer((port) => askOver(() => contract.connect({ proxy, target: target(port) })))
    expect(await body).toBe(page)
  })
}

/** Fetches a text from `far.test` by undici. */
async function fetchText(connect: buildConnector.connector, port: number): Promise<string> {
  const dispatcher = new UndiciAgent({ connect })
  try {
    const { body } = await request(`http://far.test:${port}/`, { dispatcher })
    return await body.text()
  } finally {
    await dispatcher.destroy()
  }
}

/** Runs `ask` with the port of a web server. */
async function overServer<Result>(ask: (port: number) => Promise<Result>): Promise<Result> {
  const server = await httpServer()
  try {
    return await ask(server.port)
  } finally {
    await server.close()
  }
}
