import { maxLabelledTokens, type QuotaCounts } from '@ls/foundation'
import type { TokenUse } from '../policy/token-use.js'
import { policyHolderOf } from '../tokens/tenant.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { tokenId } from '../tokens/token-text.js'

/** Use of all quotas, for metrics. Connector tokens of providers count for the provider's token. */
export function quotaCounts(
  tokens: Iterable<TokenRecord>,
  useOf: (record: TokenRecord) => TokenUse | undefined,
): QuotaCounts[] {
  const nowMs = Date.now()
  const counts = new Map<string, readonly QuotaCounts[]>()
  for (const record of tokens) {
    const use = policyHolderOf(record) === record ? useOf(record) : undefined
    if (use?.quota === undefined) continue
    // Two tokens may have the same name, but two series may not.
    const name = use.policy.name ?? tokenId(record.token)
    const token = counts.has(name) ? tokenId(record.token) : name
    const uses = use.quota.uses(nowMs)
    counts.set(
      token,
      uses.map(({ period, usedBytes, limitBytes }) => ({ token, period, usedBytes, limitBytes })),
    )
    if (counts.size === maxLabelledTokens) break
  }
  return [...counts.values()].flat()
}
