import { defaultSocketPaths, LinkSocksServer, ServerState } from '@ls/server'
import { judgeCode } from '@ls/server/judge-code'
import { WebSocketTransport } from '@ls/web'
import { closeCode } from './close-code.js'
import { ObjectStore } from './object-store.js'
import type { Environment, ObjectState, UpgradeResponseInit, WorkerWebSocket } from './workers.js'

/**
 * Durable Object with the relay: a provider and the connectors that know its code meet in its memory. It accepts
 * ordinary WebSockets and not hibernating ones, since a session resumes from its state in memory.
 */
export class RelayObject {
  readonly #relay: Promise<LinkSocksServer>

  constructor(object: ObjectState, { NOTICE: notice }: Environment) {
    this.#relay = object.blockConcurrencyWhile(async () => {
      const state = await openState(object)
      return new LinkSocksServer({ relay: { notice, judgeCode }, state, limits: { maxLinks, processBudgetBytes } })
    })
  }

  async fetch(request: Request): Promise<Response> {
    const relay = await this.#relay
    const url = new URL(request.url)
    if (url.pathname === '/api/health') return Response.json(relay.health())
    if (!defaultSocketPaths.includes(url.pathname)) return new Response('404 page not found\n', { status: 404 })
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket')
      return new Response('This path takes WebSockets.\n', { status: 426, headers: { Upgrade: 'websocket' } })
    const { 0: forClient, 1: socket } = new WebSocketPair()
    accept(relay, socket, { headers: request.headers, query: url.searchParams })
    const init: UpgradeResponseInit = { status: 101, webSocket: forClient }
    return new Response(null, init)
  }
}

/** Opens the state with identities and codes, which outlive the object's memory. */
async function openState({ storage }: ObjectState): Promise<ServerState> {
  const store = new ObjectStore(storage)
  return ServerState.inStore(store, await store.read())
}

interface RequestHead {
  readonly headers: Headers
  readonly query: URLSearchParams
}

function accept(relay: LinkSocksServer, socket: WorkerWebSocket, { headers, query }: RequestHead): void {
  socket.accept()
  const transport = new WebSocketTransport(socket, { closeCode })
  const remoteAddress = headers.get('cf-connecting-ip') ?? '127.0.0.1'
  relay.accept(transport, { query, remoteAddress, origin: headers.get('origin') ?? undefined })
}

/** Most links: an object has one thread and 128 MiB, of which a link without traffic takes about 15 KiB. */
const maxLinks = 1000

/** Memory for windows and unacknowledged messages of all sessions, in bytes: half of what an object has. */
const processBudgetBytes = 67_108_864
