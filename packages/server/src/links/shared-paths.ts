import { SharedPath } from '@ls/mux'

/** Paths to clients: the sessions of one process share theirs, for instance with `threads` of a client. */
export class SharedPaths {
  /** By name of the process: an entry for each that has a session. */
  readonly #paths = new Map<string, { readonly path: SharedPath; sessions: number }>()

  /** Returns the path of a process for one more session. */
  join(process: string): SharedPath {
    const entry = this.#paths.get(process) ?? { path: new SharedPath(), sessions: 0 }
    entry.sessions++
    this.#paths.set(process, entry)
    return entry.path
  }

  /** Called when a session of the process has ended. */
  leave(process: string): void {
    const entry = this.#paths.get(process)
    if (entry !== undefined && --entry.sessions === 0) this.#paths.delete(process)
  }
}
