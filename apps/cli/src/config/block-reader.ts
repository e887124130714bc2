import { Policy, PolicyFault } from '@ls/server'
import type { Node } from 'yaml'
import { readValue } from '../arguments/flag-value.js'
import { secretsIn } from '../arguments/make-settings.js'
import type { Flag, FlagValue } from '../flag.js'
import { messageOf } from '../output/describe-error.js'
import { readPolicyText } from '../tokens/read-policy.js'
import type { ConfigBlock, ConfigValue, Place } from './config-file.js'
import type { Entry, DocumentReader } from './document/document-reader.js'
import { expand, type SecretSources } from './secrets.js'
import { unknownKey } from './unknown-key.js'

/** Reads the keys of a block by the table of flags. Collects secrets. */
export class BlockReader {
  readonly secrets: string[] = []
  readonly secretFiles = new Set<string>()
  readonly #reader: DocumentReader
  readonly #sources: SecretSources

  constructor(reader: DocumentReader, sources: SecretSources) {
    this.#reader = reader
    this.#sources = sources
  }

  /** @param others Keys of the block that other code reads, for suggestions. */
  read(
    path: string,
    place: Place,
    entries: readonly Entry[],
    flags: readonly Flag[],
    others: readonly string[],
  ): ConfigBlock {
    const values = new Map<string, ConfigValue>()
    for (const entry of entries) {
      const flag = flags.find(({ name }) => name === entry.key)
      if (flag === undefined) this.#reader.fault(entry.keyPlace, entry.path, unknownKey(entry.key, flags, others))
      else this.#readEntry(entry, flag, values)
    }
    return { path, place, values }
  }

  #readEntry(entry: Entry, flag: Flag, values: Map<string, ConfigValue>): void {
    if ('holds' in flag) return this.#readPolicy(entry, flag, values)
    const from: string[] = []
    const nodes = flag.type === 'list' ? this.#reader.elements(entry.value) : [entry.value]
    if (nodes.length > maxElements)
      return this.#reader.fault(entry.place, entry.path, `has ${nodes.length} values; the limit is ${maxElements}`)
    const read = nodes.map((node) => this.#readText(entry, flag, node, from))
    const known = read.filter((value) => value !== undefined)
    if (known.length < read.length) return
    const value = flag.type === 'list' ? known.map(String) : known[0]
    if (value === undefined) return
    this.secrets.push(...secretsIn([flag, value]))
    values.set(flag.name, { flag, value, place: entry.place, from })
  }

  /** Reads a policy as a map, or as the text of the flag. Each mistake has the place of its key. */
  #readPolicy(entry: Entry, flag: Flag, values: Map<string, ConfigValue>): void {
    const { place, value: node } = entry
    try {
      const policy = this.#reader.isMap(node)
        ? this.#expandAll(this.#reader.json(node), flag)
        : this.#policyText(entry, flag)
      if (policy === undefined) return
      const faults = policyFaults(policy, entry.key)
      for (const fault of faults) this.#policyFault(entry, fault)
      if (faults.length > 0) return
      const value = JSON.stringify(Policy.parse(policy, [entry.key]).options)
      values.set(flag.name, { flag, value, place, from: [] })
    } catch (error) {
      this.#policyFault(entry, error)
    }
  }

  #policyFault({ key, path, place, value: node }: Entry, error: unknown): void {
    const keys = error instanceof PolicyFault ? error.path.slice(1) : []
    const fullPath = [path, ...keys].join('.')
    const text = withoutPath(messageOf(error), [key, ...keys].join('.'))
    this.#reader.fault(this.#reader.placeWithin(node, keys, place), fullPath, text)
  }

  #policyText(entry: Entry, flag: Flag): object | undefined {
    const text = this.#readText(entry, flag, entry.value, [])
    return text === undefined ? undefined : readPolicyText(String(text), this.#sources.folder, this.#sources.waitMs)
  }

  /** Replaces all references in the texts of a value. */
  #expandAll(value: unknown, flag: Flag): unknown {
    if (typeof value === 'string') return expand(value, flag, this.#sources).text
    if (Array.isArray(value)) return value.map((each) => this.#expandAll(each, flag))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#expandAll(each, flag)]))
  }

  /** Reads one value; undefined, with a problem, if it is not valid. */
  #readText(entry: Entry, flag: Flag, node: Node | undefined, from: string[]): FlagValue | undefined {
    const place = this.#reader.place(node, entry.place)
    const written = this.#reader.text(node)
    if (written === undefined) {
      this.#reader.fault(place, entry.path, expectedOf(flag))
      return undefined
    }
    try {
      const { text, from: origin, file } = expand(written, flag, this.#sources)
      if (origin !== undefined) from.push(origin)
      if (file !== undefined) this.secretFiles.add(file)
      return readValue(flag, text, entry.path)
    } catch (error) {
      this.#reader.fault(place, entry.path, withoutPath(messageOf(error), entry.path))
      return undefined
    }
  }
}

/** Expected form of a key that has a list, a map or nothing. */
function expectedOf({ type }: Flag): string {
  return type === 'list' ? 'must be a value, or a list of values' : 'must be a single value: no list, no map, not empty'
}

/** Mistakes in the keys of a policy, each checked separately, so that a user sees all of them. */
function policyFaults(policy: unknown, key: string): readonly unknown[] {
  if (typeof policy !== 'object' || policy === null) return []
  return Object.entries(policy as Record<string, unknown>).flatMap(([name, value]) => {
    try {
      Policy.parse({ [name]: value }, [key])
      return []
    } catch (error) {
      return [error]
    }
  })
}

/** Most values of a repeatable key. */
const maxElements = 10_000

/** Removes a path with which the text already begins. */
function withoutPath(text: string, path: string): string {
  return text.startsWith(`${path} `) ? text.slice(path.length + 1) : text
}
