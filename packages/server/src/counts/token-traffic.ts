import { maxLabelledTokens, type TokenCounts } from '@ls/foundation'
import type { Moved } from '@ls/relay'
import { tokenId } from '../tokens/token-text.js'

/** Label of all tokens past {@link maxLabelledTokens}. */
const others = 'other'

/** Fields of a token that are read here. */
interface CountedToken {
  readonly token: string
  readonly policy?: { readonly name?: string | undefined } | undefined
  /** For a connector token: the provider that added it. */
  readonly owner?: string | undefined
  /** For a connector token: the reverse token that it leads to. */
  readonly reverse?: Pick<CountedToken, 'token' | 'policy'>
}

/**
 * Totals by token, under the name in its policy or its id. The totals of a removed token stay, since a total that
 * falls looks like a restart.
 */
export class TokenTraffic {
  readonly #maxTokens: number
  readonly #totals = new Map<string, Totals>()
  /** Labels of tokens in use. A label stays when the policy changes its name, so that no total falls. */
  readonly #labels = new WeakMap<object, string>()

  constructor(maxTokens: number = maxLabelledTokens) {
    this.#maxTokens = maxTokens
  }

  /** Counts a channel of the token that has ended. */
  ended(record: CountedToken, moved: Moved): void {
    const totals = this.#totalsOf(record)
    totals.ended++
    add(totals, moved)
  }

  /** All totals, with the channels that are open now. */
  snapshot(open: Iterable<readonly [record: CountedToken, moved: Moved]>): TokenCounts[] {
    const running = new Map<string, Totals>()
    for (const [record, moved] of open) {
      const { token } = this.#totalsOf(record)
      const totals = running.get(token) ?? emptyTotals(token)
      running.set(token, totals)
      totals.open++
      add(totals, moved)
    }
    return Array.from(this.#totals.values(), (totals) => {
      const { open: isOpen, bytesToTarget, bytesFromTarget } = running.get(totals.token) ?? emptyTotals(totals.token)
      return {
        ...totals,
        open: isOpen,
        bytesToTarget: totals.bytesToTarget + bytesToTarget,
        bytesFromTarget: totals.bytesFromTarget + bytesFromTarget,
      }
    })
  }

  #totalsOf(record: CountedToken): Totals {
    const payer = payerOf(record)
    const label = this.#labels.get(payer) ?? payer.policy?.name ?? tokenId(payer.token)
    this.#labels.set(payer, label)
    const known =
      this.#totals.get(label) ?? (this.#totals.size < this.#maxTokens ? undefined : this.#totals.get(others))
    if (known !== undefined) return known
    const totals = emptyTotals(this.#totals.size < this.#maxTokens ? label : others)
    this.#totals.set(totals.token, totals)
    return totals
  }
}

/**
 * Token that a channel is counted for. Providers add any number of connector tokens: with a label for each, those of
 * one reverse token could take all labels.
 */
function payerOf(record: CountedToken): CountedToken {
  return record.owner === undefined ? record : (record.reverse ?? record)
}

interface Totals {
  readonly token: string
  open: number
  ended: number
  bytesToTarget: number
  bytesFromTarget: number
}

function emptyTotals(token: string): Totals {
  return { token, open: 0, ended: 0, bytesToTarget: 0, bytesFromTarget: 0 }
}

function add(totals: Totals, { bytesToTarget, bytesFromTarget }: Moved): void {
  totals.bytesToTarget += bytesToTarget
  totals.bytesFromTarget += bytesFromTarget
}
