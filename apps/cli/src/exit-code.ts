/** Exit codes of the process; docs/guide/cli.md explains each to users. */
export const exitCode = {
  /** Did what was asked, or was told to stop and did, unless its output may be a part. */
  ok: 0,
  /** Failed while running: a refused token, a taken port, no server with `--no-reconnect`. */
  failure: 1,
  /** Was called wrongly. */
  usage: 2,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
