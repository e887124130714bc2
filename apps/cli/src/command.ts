/** A command of the program, as its help describes it. */
export interface Command {
  readonly name: CommandName
  /** Rest of the usage line after the name. */
  readonly usage: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Text of the command's own help besides its flags. */
  readonly description: string
  /** Names of the flags in the short help: those that most users need. All flags if missing. */
  readonly essentials?: readonly string[]
  /** Whether the server's URL may be an argument without its flag. */
  readonly takesUrl?: true
  /** The one argument that may follow. */
  readonly argument?: CommandArgument
  /** Command lines that work unchanged, each with its purpose. */
  readonly examples: readonly (readonly [purpose: string, line: string])[]
}

/** Argument after the name of a command, without a dash. */
interface CommandArgument {
  /** Name in the usage line. */
  readonly name: string
  /** Allowed values; undefined if it may be anything. */
  readonly choices?: readonly string[]
}

/** Commands with settings and a log; LINKSOCKS_MODE may name the first four. */
export const runCommandNames = ['server', 'client', 'provider', 'connector', 'connect', 'demo', 'run', 'token'] as const

/** These commands, and others that query something and end. */
export type RunCommandName =
  | (typeof runCommandNames)[number]
  | 'status'
  | 'ports'
  | 'nodes'
  | 'top'
  | 'doctor'
  | 'drain'
  | 'restart'
  | 'log-level'

export type CommandName = RunCommandName | 'check-config' | 'config' | 'completion' | 'version' | 'help'

/** Roles: commands that a configuration file can contain. */
export type RoleKind = Extract<RunCommandName, 'server' | 'client' | 'provider' | 'connector'>

/** Actions of the command `config`. */
export const configActions = ['show', 'from-flags', 'schema'] as const

export type ConfigAction = (typeof configActions)[number]

/** Shells that {@link CommandName} `completion` supports. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const

export type Shell = (typeof shells)[number]

/** Values of LINKSOCKS_MODE: a container image starts as one of these, without arguments. */
export const modes: readonly RunCommandName[] = ['server', 'client', 'provider', 'connector']
