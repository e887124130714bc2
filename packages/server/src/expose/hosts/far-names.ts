import { type Logger, textOf } from '@ls/foundation'
import { type Exposure, formatExposure } from '@ls/relay'
import type { Owner } from '../owner.js'

/** A host name of a provider at another process of the server. */
export interface FarName {
  readonly owner: Owner
  readonly exposure: Exposure
}

/** Host names of providers at other processes: visitors that come here are led there by channels. */
export class FarNames {
  readonly #openName: (name: FarName) => () => void
  readonly #logger: Logger
  /** Functions that end a name, by host and then by provider. */
  readonly #open = new Map<string, Map<string, () => void>>()

  /** @param openName Routes a name; returns a function that ends this. May throw where another token has it here. */
  constructor(openName: (name: FarName) => () => void, logger: Logger) {
    this.#openName = openName
    this.#logger = logger
  }

  /** Sets all providers of a host name. */
  set(host: string, names: readonly FarName[]): void {
    const wanted = new Map(names.map((name) => [keyOf(name), name]))
    const open = this.#open.get(host) ?? new Map<string, () => void>()
    // Names that have ended are removed first: another token may have the name by now.
    for (const [key, end] of open) {
      if (wanted.delete(key)) continue
      open.delete(key)
      end()
    }
    for (const [key, name] of wanted) this.#add(open, key, name)
    if (open.size === 0) this.#open.delete(host)
    else this.#open.set(host, open)
  }

  #add(open: Map<string, () => void>, key: string, name: FarName): void {
    try {
      open.set(key, this.#openName(name))
    } catch (error) {
      this.#logger.warn({ reason: textOf(error) }, 'a host name of another process cannot be served here')
    }
  }
}

function keyOf({ owner: { record, instance }, exposure }: FarName): string {
  return `${record.token} ${instance} ${formatExposure(exposure)}`
}
