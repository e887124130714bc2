import { dirname } from 'node:path'
import type { Node } from 'yaml'
import type { Environment } from '../arguments/environment.js'
import { doSteps, type Steps } from '../steps.js'
import { BlockReader } from './block-reader.js'
import { ConfigError } from './config-error.js'
import type { ConfigBlock, ConfigFile, RoleConfig, Place } from './config-file.js'
import { type Entry, maxConfigBytes, DocumentReader } from './document/document-reader.js'
import {
  maxAllTokens,
  maxRoles,
  maxTokens,
  processFlags,
  roleFlags,
  roleNamePattern,
  roleSections,
  type RoleSection,
  tokenFlags,
  tokensKey,
} from './structure.js'

/**
 * Reads a configuration file.
 *
 * @throws ConfigError with every mistake that can be found without opening anything
 */
export function readConfig(path: string, text: string, environment: Environment): ConfigFile {
  return doSteps(readConfigInSteps(path, text, environment))
}

/**
 * Reads a configuration file in steps: one with 10,000 tokens takes about a second. @throws ConfigError
 *
 * @param waitMs Time for the writer of a secret that is a pipe, in milliseconds. @default no limit
 */
export function* readConfigInSteps(
  path: string,
  text: string,
  environment: Environment,
  waitMs = Number.POSITIVE_INFINITY,
): Steps<ConfigFile> {
  if (text.length > maxConfigBytes) {
    const place = { line: 1, column: 1, key: '' }
    throw new ConfigError(path, [{ ...place, text: `the file has more than ${maxConfigBytes} characters` }])
  }
  const reader = yield* DocumentReader.read(path, text)
  const blocks = new BlockReader(reader, { environment, folder: dirname(path), waitMs })
  const read = yield* new FileReader(reader, blocks).read()
  const file = { path, ...read, secrets: blocks.secrets, secretFiles: [...blocks.secretFiles] }
  if (reader.problems.length > 0) throw new ConfigError(path, reader.problems, file)
  return file
}

const top: Place = { line: 1, column: 1 }

class FileReader {
  readonly #reader: DocumentReader
  readonly #blocks: BlockReader
  #tokens = 0

  constructor(reader: DocumentReader, blocks: BlockReader) {
    this.#reader = reader
    this.#blocks = blocks
  }

  *read(): Steps<Pick<ConfigFile, 'process' | 'roles'>> {
    const keys = roleSections.map(({ key }) => key)
    const entries = this.#reader.entries(this.#reader.root, '', top, `a map of ${keys.join(', ')}`)
    const process = this.#blocks.read('', top, withoutKeys(entries, keys), processFlags(), keys)
    const roles: RoleConfig[] = []
    for (const entry of ofKeys(entries, keys)) roles.push(...(yield* this.#readRoles(entry)))
    this.#checkRoles(roles)
    return { process, roles }
  }

  *#readRoles({ key, path, place, value }: Entry): Steps<readonly RoleConfig[]> {
    const section = roleSections.find((each) => each.key === key)
    if (section === undefined) return []
    const named = this.#reader.entries(value, path, place, `a map: the name of each ${section.kind}, then its keys`)
    if (named.length > maxRoles) {
      this.#reader.fault(place, path, `has ${named.length} roles; the limit is ${maxRoles}`)
      return []
    }
    const roles: RoleConfig[] = []
    for (const entry of named) roles.push(yield* this.#readRole(entry, section))
    return roles
  }

  *#readRole({ key: name, path, keyPlace, place, value }: Entry, { kind }: RoleSection): Steps<RoleConfig> {
    if (!new RegExp(roleNamePattern).test(name))
      this.#reader.fault(keyPlace, path, `the name has 1 to 64 letters, digits, dots, dashes or underscores`)
    const entries = this.#reader.entries(value, path, place, `a map of keys of the ${kind}`)
    const others = kind === 'server' ? [tokensKey.key] : []
    const block = this.#blocks.read(path, keyPlace, withoutKeys(entries, others), roleFlags(kind), others)
    const tokens: ConfigBlock[] = []
    for (const entry of ofKeys(entries, others)) for (const token of yield* this.#readTokens(entry)) tokens.push(token)
    return { ...block, kind, name, tokens }
  }

  *#readTokens({ path, place, value }: Entry): Steps<readonly ConfigBlock[]> {
    if (!this.#reader.isSequence(value)) {
      this.#reader.fault(place, path, 'must be a list, each entry with a token')
      return []
    }
    const nodes = this.#reader.elements(value)
    this.#tokens += nodes.length
    if (nodes.length > maxTokens || this.#tokens > maxAllTokens) {
      const ofAll = nodes.length > maxTokens ? '' : `, and all servers have ${maxAllTokens} at most`
      this.#reader.fault(place, path, `has ${nodes.length} entries; the limit is ${maxTokens}${ofAll}`)
      return []
    }
    const tokens: ConfigBlock[] = []
    for (const [index, node] of nodes.entries()) {
      tokens.push(this.#readToken(node, `${path}[${index}]`, place))
      yield
    }
    return tokens
  }

  #readToken(node: Node, path: string, otherwise: Place): ConfigBlock {
    const place = this.#reader.place(node, otherwise)
    const entries = this.#reader.entries(node, path, place, 'a map with the key token')
    const block = this.#blocks.read(path, place, entries, tokenFlags(), [])
    // A generated token would differ after each reload.
    if (!entries.some(({ key }) => key === 'token')) this.#reader.fault(place, path, 'needs the key token')
    return block
  }

  #checkRoles(roles: readonly RoleConfig[]): void {
    if (roles.length === 0 && this.#reader.problems.length === 0)
      this.#reader.fault(
        top,
        '',
        `names nothing to run: it needs one of ${roleSections.map(({ key }) => key).join(', ')}`,
      )
    if (roles.length > maxRoles) this.#reader.fault(top, '', `has ${roles.length} roles; the limit is ${maxRoles}`)
    const seen = new Map<string, RoleConfig>()
    for (const role of roles) {
      const other = seen.get(role.name)
      if (other === undefined) seen.set(role.name, role)
      else this.#reader.fault(role.place, role.path, `the name is taken by ${other.path}; each role has its own`)
    }
  }
}

function ofKeys(entries: readonly Entry[], keys: readonly string[]): readonly Entry[] {
  return entries.filter(({ key }) => keys.includes(key))
}

function withoutKeys(entries: readonly Entry[], keys: readonly string[]): readonly Entry[] {
  return entries.filter(({ key }) => !keys.includes(key))
}
