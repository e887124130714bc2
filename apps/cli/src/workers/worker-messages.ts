import type { Snapshot } from '@ls/foundation'

/** Message from the primary process to a worker. Messages of the broker come besides. */
export type ToWorker =
  /** The primary has received a signal that is for all. */
  | { readonly worker: 'signal'; readonly signal: WorkerSignal }
  /** Another worker takes the place of this one: it accepts nothing new, and ends when it is idle. */
  | { readonly worker: 'leave' }
  /** Answer to a request; with the reason if it failed. */
  | { readonly worker: 'done'; readonly what: WorkerRequest; readonly pid: number; readonly error?: string | undefined }

/** Message from a worker to the primary process. */
export type FromWorker =
  /** Variables as for systemd: `READY=1` when it serves. */
  | { readonly worker: 'notify'; readonly variables: readonly string[] }
  /** Its counters, once a second where there is a metrics port. */
  | { readonly worker: 'snapshot'; readonly snapshot: Snapshot }
  /** A user of its API requests something for all workers. */
  | { readonly worker: 'request'; readonly what: WorkerRequest }

/** Requests of a worker to the primary. */
export type WorkerRequest = 'drain' | 'restart'

/** Signals that the primary passes on. */
type WorkerSignal = 'SIGTERM' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'

/** Data that a worker gets at its start. */
export interface WorkerStart {
  /** Number of its place, from 0. */
  readonly index: number
  /** Folder of the UNIX sockets between workers. */
  readonly folder: string
  /** Secret from which all workers derive the same generated tokens, as hex. */
  readonly seed: string
  /** Tokens that a single process has generated before, by their names. */
  readonly made: Readonly<Record<string, string>>
  /** TCP ports of the primary, which clients must not reach. */
  readonly ports: readonly number[]
  /** Whether it prints addresses and generated tokens: one worker does, once. */
  readonly prints: boolean
}

/** Variable with a {@link WorkerStart}. */
export const workerVariable = 'LINKSOCKS_FORK_OF'
