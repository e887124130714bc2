import type { NameResolver } from '@ls/dial'
import type { Histogram } from '@ls/foundation'

/** Measures how long a resolver takes until its first answer; an answer without a query does not count. */
export function timedResolver(resolver: NameResolver, lookupMs: Histogram): NameResolver {
  return {
    lookup: (name, onAnswer, options) => {
      const startedAtMs = performance.now()
      let isAnswered = false
      let hasReturned = false
      const giveUp = resolver.lookup(
        name,
        (family, answer) => {
          if (hasReturned && !isAnswered) lookupMs.add(performance.now() - startedAtMs)
          isAnswered = true
          onAnswer(family, answer)
        },
        options,
      )
      hasReturned = true
      return giveUp
    },
  }
}
