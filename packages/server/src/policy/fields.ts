import { textOf } from '@ls/foundation'
import { parseAmount } from './amount.js'
import { PolicyFault } from './policy-fault.js'

/** Reads the keys of one JSON object. Each mistake throws a {@link PolicyFault} that names the key. */
export class Fields {
  readonly path: readonly string[]
  readonly #values: Readonly<Record<string, unknown>>

  /** @throws PolicyFault for anything but an object, and for a key that is not `known` */
  constructor(value: unknown, path: readonly string[], known: readonly string[]) {
    this.path = path
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#fault([], 'must be an object')
    const stranger = Object.keys(value).find((key) => !known.includes(key))
    if (stranger !== undefined) throw this.#fault([stranger], `is no key here; possible are ${known.join(', ')}`)
    this.#values = value as Record<string, unknown>
  }

  /** Whether the key exists; null counts as missing. */
  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null
  }

  text(key: string, maxLength: number): string | undefined {
    if (!this.has(key)) return undefined
    const value = this.#values[key]
    if (typeof value !== 'string' || value.length === 0) throw this.#fault([key], 'must be a text that is not empty')
    if (value.length > maxLength) throw this.#fault([key], `has ${value.length} characters; the limit is ${maxLength}`)
    return value
  }

  texts(key: string, maxCount: number): readonly string[] | undefined {
    if (!this.has(key)) return undefined
    const value = this.#values[key]
    if (!Array.isArray(value) || value.length === 0) throw this.#fault([key], 'must be a list that is not empty')
    if (value.length > maxCount) throw this.#fault([key], `has ${value.length} entries; the limit is ${maxCount}`)
    if (value.every((each) => typeof each === 'string')) return value
    throw this.#fault([key], 'must be a list of texts')
  }

  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    if (!this.has(key)) return undefined
    const found = choices.find((each) => each === this.#values[key])
    if (found !== undefined) return found
    throw this.#fault([key], `is ${shown(this.#values[key])}; it must be one of ${choices.join(', ')}`)
  }

  choices<T extends string>(key: string, choices: readonly T[]): readonly T[] | undefined {
    const texts = this.texts(key, choices.length)
    const stranger = texts?.find((each) => !(choices as readonly string[]).includes(each))
    if (stranger === undefined) return texts as readonly T[] | undefined
    throw this.#fault([key], `has "${stranger}"; possible are ${choices.join(', ')}`)
  }

  integer(key: string, min: number, max: number): number | undefined {
    if (!this.has(key)) return undefined
    const value = this.#values[key]
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
    throw this.#fault([key], `is ${shown(value)}; it must be a whole number from ${min} to ${max}`)
  }

  /** Bytes, or bytes a second. */
  amount(key: string, min: number, max: number): number | undefined {
    if (!this.has(key)) return undefined
    const value = this.#values[key]
    const bytes = parseAmount(value)
    const form = 'a number of bytes, or a text such as 10Mbit or 1.5GB'
    if (bytes === undefined) throw this.#fault([key], `is ${shown(value)}; it must be ${form}`)
    if (bytes >= min && bytes <= max) return bytes
    throw this.#fault([key], `is ${bytes} bytes; it must be from ${min} to ${max}`)
  }

  object(key: string, known: readonly string[]): Fields | undefined {
    return this.has(key) ? new Fields(this.#values[key], [...this.path, key], known) : undefined
  }

  /** Calls `parse` for the value of a key. @throws PolicyFault with its error */
  parsed<T>(key: string, parse: () => T): T {
    try {
      return parse()
    } catch (error) {
      throw new PolicyFault([...this.path, key], `is not valid: ${textOf(error)}`, { cause: error })
    }
  }

  #fault(keys: readonly string[], what: string): PolicyFault {
    return new PolicyFault([...this.path, ...keys], what)
  }
}

/** Longest text that an error repeats, in characters. A longer one may be a token that was pasted by mistake. */
const maxShownLength = 40

/** A wrong value for an error. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const isLong = typeof value === 'string' && value.length > maxShownLength
  return isLong ? `a text of ${value.length} characters` : JSON.stringify(value)
}
