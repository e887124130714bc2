import { type EventKind, eventKinds, kindOf, type LiveEvent } from './live-event.js'
import { Query } from './query.js'

/** Events that a reader selects. */
export interface EventQuery {
  /** Kinds; undefined for all. */
  readonly kinds: readonly EventKind[] | undefined
  /** Id of a token. */
  readonly token: string | undefined
  /** Address of a client. */
  readonly client: string | undefined
  /** Part of a target, case-insensitive. */
  readonly target: string | undefined
  /** Seconds between two snapshots; undefined for none. */
  readonly snapshotSeconds: number | undefined
}

/** Longest interval of snapshots. For fewer than one a minute, use `GET /api/snapshot`. */
const maxSnapshotSeconds = 60

/** Parses the query of `GET /api/events`. @throws RangeError that names what is wrong */
export function parseEventQuery(params: URLSearchParams): EventQuery {
  const query = new Query(params, ['kinds', 'token', 'client', 'target', 'snapshot'])
  return {
    kinds: query.text('kinds')?.split(',').map(kindNamed),
    token: query.text('token'),
    client: query.text('client'),
    target: query.text('target')?.toLowerCase(),
    snapshotSeconds: secondsOf(query.text('snapshot')),
  }
}

/** Whether a reader selects an event. An event without a client matches any choice of clients. */
export function wants({ kinds, token, client, target }: EventQuery, { name, data }: LiveEvent): boolean {
  if (kinds?.includes(kindOf(name)) === false) return false
  if (token !== undefined && data.token_id !== undefined && data.token_id !== token) return false
  if (client !== undefined && data.client_address !== undefined && data.client_address !== client) return false
  return target === undefined || data.target === undefined || data.target?.toLowerCase().includes(target) === true
}

function kindNamed(text: string): EventKind {
  const kind = eventKinds.find((known) => known === text)
  if (kind !== undefined) return kind
  throw new RangeError(`kinds must be some of ${eventKinds.join(',')}, not "${text}"`)
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^(\d{1,2})s$/.exec(text)?.[1]
  if (seconds !== undefined && Number(seconds) >= 1 && Number(seconds) <= maxSnapshotSeconds) return Number(seconds)
  throw new RangeError(`snapshot must be 1s to ${maxSnapshotSeconds}s, not "${text}"`)
}
