// The part of the Workers platform that the relay uses.

/** A WebSocket of workerd: the end of the Worker must be accepted first. */
export interface WorkerWebSocket extends WebSocket {
  accept(): void
}

declare global {
  /** Creates two connected WebSockets: one for the response, one for the Worker. */
  const WebSocketPair: new () => { readonly 0: WorkerWebSocket; readonly 1: WorkerWebSocket }
}

/** Response that passes a WebSocket to the client. */
export interface UpgradeResponseInit extends ResponseInit {
  readonly webSocket: WorkerWebSocket
}

/** Durable Objects of one class. */
interface DurableObjects {
  idFromName(name: string): unknown
  get(id: unknown): { fetch(request: Request): Promise<Response> }
}

/** State of a Durable Object. */
export interface ObjectState {
  readonly storage: {
    get(key: string): Promise<string | undefined>
    put(entries: Readonly<Record<string, string>>): Promise<void>
    delete(keys: string[]): Promise<number>
  }
  /** Delays requests until `begin` has ended; the object starts again if it fails. */
  blockConcurrencyWhile<T>(begin: () => Promise<T>): Promise<T>
}

/** Bindings of the Worker; see `wrangler.jsonc`. */
export interface Environment {
  readonly RELAY: DurableObjects
  /** Line that all clients receive. */
  readonly NOTICE?: string | undefined
}
