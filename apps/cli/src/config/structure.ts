import type { CommandName, RoleKind } from '../command.js'
import type { Flag } from '../flag.js'
import { flagsOf } from '../flags.js'

export type { RoleKind }

/** A key of the file that contains roles by name. */
export interface RoleSection {
  readonly key: string
  readonly kind: RoleKind
  readonly help: string
}

export const roleSections: readonly RoleSection[] = [
  { key: 'servers', kind: 'server', help: 'Servers by name, each with the keys of the command server' },
  { key: 'clients', kind: 'client', help: 'Clients by name, each with the keys of the command client' },
  { key: 'providers', kind: 'provider', help: 'Providers by name, each with the keys of the command provider' },
  { key: 'connectors', kind: 'connector', help: 'Connectors by name, each with the keys of the command connector' },
]

/** Key of a server with further tokens. */
export const tokensKey = {
  key: 'tokens',
  help: 'Further tokens of the server, each with keys of its own',
} as const

/** Most roles of a file: each has ports and links of its own, and more are a mistake. */
export const maxRoles = 256

/** Most entries of `tokens`. */
export const maxTokens = 10_000

/** Most entries of `tokens` of all servers: with aliases, a short file could name millions. */
export const maxAllTokens = 4 * maxTokens

/** Pattern of role names, which logs contain. */
export const roleNamePattern = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'

/** Keys of the file for the process as a whole. */
export function processFlags(): readonly Flag[] {
  return withEffect('run').filter(({ name }) => name !== 'config')
}

/** The keys of roles and tokens, which are asked for again with each of thousands of tokens. */
const known = new Map<RoleKind | 'token', readonly Flag[]>()

/** Keys of a role. */
export function roleFlags(kind: RoleKind): readonly Flag[] {
  return once(kind, () => findRoleFlags(kind))
}

function findRoleFlags(kind: RoleKind): readonly Flag[] {
  const isProcessKey = new Set(processFlags().map(({ name }) => name))
  // A provider is always reverse, and no other role is.
  const fixed = kind === 'server' ? '' : 'reverse'
  return withEffect(kind).filter(
    ({ name, unusedBy }) => !isProcessKey.has(name) && name !== fixed && unusedBy?.[kind] === undefined,
  )
}

/** Keys of an entry of `tokens`. */
export function tokenFlags(): readonly Flag[] {
  return once('token', () => roleFlags('server').filter(({ perToken }) => perToken === true))
}

function once(name: RoleKind | 'token', find: () => readonly Flag[]): readonly Flag[] {
  const found = known.get(name) ?? find()
  known.set(name, found)
  return found
}

function withEffect(command: CommandName): readonly Flag[] {
  return flagsOf(command).filter(({ ignored, section }) => ignored === undefined && section !== 'Help')
}
