import { mostInformative } from '../errors.js'
import type { Answer, Family } from '../race.js'
import type { DnsNames } from './dns-names.js'

type OnAnswer = (family: Family, answer: Answer) => void

/**
 * Queries both families of each name in turn, until one has an address. Each family is answered as soon as the name is
 * known.
 *
 * @returns a function that ends it
 */
export function searchDns(dns: DnsNames, names: readonly string[], tenant: unknown, onAnswer: OnAnswer): () => void {
  const search = new Search(dns, names, tenant, onAnswer)
  search.askNext()
  return () => search.end()
}

class Search {
  readonly #dns: DnsNames
  readonly #names: string[]
  readonly #tenant: unknown
  readonly #onAnswer: OnAnswer
  readonly #answers = new Map<Family, Answer>()
  readonly #errors: Error[] = []
  #isFound = false
  #isEnded = false
  #leave: (() => void)[] = []

  constructor(dns: DnsNames, names: readonly string[], tenant: unknown, onAnswer: OnAnswer) {
    this.#dns = dns
    this.#names = [...names]
    this.#tenant = tenant
    this.#onAnswer = onAnswer
  }

  askNext(): void {
    const name = this.#names.shift()
    if (name === undefined) return this.#fail()
    this.#answers.clear()
    this.#leave = []
    for (const family of [6, 4] as const) {
      if (this.#isEnded) return
      this.#leave.push(this.#dns.query(name, family, this.#tenant, (answer) => this.#take(family, answer)))
    }
  }

  end(): void {
    this.#isEnded = true
    for (const leave of this.#leave) leave()
  }

  #take(family: Family, answer: Answer): void {
    if (this.#isEnded) return
    if (this.#isFound) return this.#onAnswer(family, answer)
    this.#answers.set(family, answer)
    if (answer.addresses.length > 0) return this.#found()
    if (answer.error !== undefined) this.#errors.push(answer.error)
    if (this.#answers.size < 2) return
    if (this.#errors.some(isSilence)) return this.#fail()
    this.askNext()
  }

  #found(): void {
    this.#isFound = true
    for (const [family, answer] of this.#answers) this.#onAnswer(family, answer)
  }

  #fail(): void {
    const error = mostInformative(this.#errors)
    this.#onAnswer(6, { addresses: [], error })
    this.#onAnswer(4, { addresses: [], error })
  }
}

/**
 * Whether an error means silence. Silent servers will not answer for other names either; one that fails (SERVFAIL) may.
 */
function isSilence(error: Error): boolean {
  const { code, cause } = error as Error & { code?: unknown; cause?: { code?: unknown } }
  if (code !== 'EAI_AGAIN') return false
  return cause?.code !== 'ESERVFAIL' && cause?.code !== 'EREFUSED' && cause?.code !== 'ENOTIMP'
}
