import { hasApi, serverWarnings } from '../../options/server-checks.js'
import { tlsWarnings } from '../../options/tls-options.js'
import { entryWithoutReverse, withoutEffect, withoutReverse } from '../../options/without-effect.js'
import type { ConfigFile, RoleConfig } from '../config-file.js'
import { exposedConfigFiles } from '../load-config.js'
import { clientSettings, serverSettings } from '../role-settings.js'
import { asKeys } from './check-roles.js'

/** Warnings about a file without mistakes: secrets that others can read, and keys without effect. */
export function fileWarnings(file: ConfigFile): readonly string[] {
  return [...exposedConfigFiles(file), ...file.roles.flatMap(withoutEffectIn)]
}

/** Warnings that the roles of the file will log when they start. */
export function startWarnings({ roles }: ConfigFile): readonly string[] {
  return roles.flatMap((role) => {
    const isServer = role.kind === 'server'
    return inFile(role.path, isServer ? serverWarnings(serverSettings(role)) : tlsWarnings(clientSettings(role)))
  })
}

function withoutEffectIn(role: RoleConfig): readonly string[] {
  const { kind, path, values, tokens } = role
  const others = inFile(path, withoutEffect(kind, values))
  if (kind !== 'server') return others
  const mayHaveOthers = tokens.length > 0 || hasApi(serverSettings(role))
  return [
    ...others,
    ...inFile(path, withoutReverse(values, mayHaveOthers)),
    ...tokens.flatMap((token) => inFile(token.path, entryWithoutReverse(token.values))),
  ]
}

function inFile(path: string, warnings: readonly string[]): readonly string[] {
  return warnings.map((text) => `${path}: ${asKeys(text)}`)
}
