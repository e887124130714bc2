/** A part of a sorted list. */
export interface Page {
  /** Most rows, 1–{@link maxRows}. */
  readonly limit: number
  /** Number of rows to skip. */
  readonly offset: number
  /** Whether the largest comes first. */
  readonly descending: boolean
}

/** Most rows of one answer: about 400 KB of JSON. */
export const maxRows = 1000

/** Rows of an answer without `limit`. */
const defaultRows = 100

/** Largest offset: more than any list has, and small enough to compute with. */
const maxOffset = 10_000_000

/** A query with known names only, each at most once; values are checked when they are read. */
export class Query {
  readonly #values = new Map<string, string>()

  /** @throws RangeError for a name that is not among `names`, or comes twice */
  constructor(params: URLSearchParams, names: readonly string[]) {
    for (const [name, value] of params) {
      if (!names.includes(name)) throw new RangeError(`unknown parameter "${name}"; there are ${names.join(', ')}`)
      if (this.#values.has(name)) throw new RangeError(`parameter "${name}" is given twice`)
      this.#values.set(name, value)
    }
  }

  /** Text of a parameter; undefined if it is missing or empty. */
  text(name: string): string | undefined {
    const value = this.#values.get(name)
    return value === '' ? undefined : value
  }

  /** Value of a parameter with `choices`. @throws RangeError for any other value */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    const choice = choices.find((known) => known === value)
    if (value === undefined || choice !== undefined) return choice
    throw new RangeError(`${name} must be one of ${choices.join(', ')}, not "${value}"`)
  }

  /** Whole number in a range. @throws RangeError for any other value */
  integer(name: string, { min, max, fallback }: { min: number; max: number; fallback: number }): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const number = /^\d{1,9}$/.test(value) ? Number(value) : -1
    if (number >= min && number <= max) return number
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not "${value}"`)
  }

  /** Page parameters. @throws RangeError for an invalid limit, offset or order */
  page(): Page {
    return {
      limit: this.integer('limit', { min: 1, max: maxRows, fallback: defaultRows }),
      offset: this.integer('offset', { min: 0, max: maxOffset, fallback: 0 }),
      descending: this.choice('order', ['asc', 'desc']) !== 'asc',
    }
  }
}

/** Names of the parameters that {@link Query.page} reads. */
export const pageNames = ['limit', 'offset', 'order'] as const

/** Returns a page of `items`, sorted by their keys; equal ones keep their order. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => number | string,
  { limit, offset, descending }: Page,
): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }))
  const sign = descending ? -1 : 1
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0))
  return keyed.slice(offset, offset + limit).map(({ item }) => item)
}
