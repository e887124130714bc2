import type { Environment } from './workers.js'

export { RelayObject } from './relay-object.js'

export default {
  /** Passes each request to the one object that holds all sessions. */
  fetch(request: Request, { RELAY }: Environment): Promise<Response> {
    return RELAY.get(RELAY.idFromName('relay')).fetch(request)
  },
}
