/** Exit codes of the process; docs/guide/cli.md explains each to users. */
export const exitCode = {
  /** The command succeeded, or ended on request, unless its output may be incomplete. */
  ok: 0,
  /** The command failed while running: a refused token, a port in use, no server with `--no-reconnect`. */
  failure: 1,
  /** The command was called wrongly. */
  usage: 2,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
