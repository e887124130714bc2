/** Name of an event, as in its `event:` field. */
export type LiveEventName =
  | 'link-opened'
  | 'link-lost'
  | 'link-resumed'
  | 'link-closed'
  | 'connection-opened'
  | 'connection-closed'
  | 'refusal'
  | 'reload'
  | 'drain'

/** Kinds of events that a reader can choose: the first word of the name. */
export const eventKinds = ['link', 'connection', 'refusal', 'reload', 'drain'] as const

/** One of {@link eventKinds}. */
export type EventKind = (typeof eventKinds)[number]

/** An event of the live view. */
export interface LiveEvent {
  readonly name: LiveEventName
  /** Data of the event; the time is added. */
  readonly data: EventData
}

/** Data as JSON, with the fields by which a reader can select. */
export interface EventData {
  /** Id of the token that it concerns. */
  readonly token_id?: string | null
  /** Address of the client that it concerns. */
  readonly client_address?: string | null
  /** `host:port`. */
  readonly target?: string | null
  readonly [name: string]: unknown
}

/** Kind of an event. */
export function kindOf(name: LiveEventName): EventKind {
  return name.split('-', 1)[0] as EventKind
}
