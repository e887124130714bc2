import { RelayError } from '../errors.js'
import { formatTarget, type CheckedTarget } from '../target.js'
import { parseUpstream, type Upstream } from '../upstream/upstream.js'
import { parseTargetPattern } from './target-pattern.js'

/** Exit of a target: how it is reached, or that it is rejected; `rule` is the matching pattern. */
export type Exit =
  | { readonly kind: 'direct' }
  | { readonly kind: 'upstreams'; readonly upstreams: readonly Upstream[] }
  | { readonly kind: 'reject'; readonly rule: string }

/** Chooses the exit of each target: that of the first matching rule, otherwise the default. */
export class Routes {
  readonly #rules: readonly Rule[]
  readonly #otherwise: Exit

  constructor(rules: readonly Rule[], otherwise: Exit) {
    this.#rules = rules
    this.#otherwise = otherwise
  }

  /** All exits, the default first. */
  get exits(): readonly Exit[] {
    return [this.#otherwise, ...this.#rules.map(({ exit }) => exit)]
  }

  /** Exit for a target. @throws RelayError `forbidden` where the rule says `reject` */
  exitFor(target: CheckedTarget): Exclude<Exit, { kind: 'reject' }> {
    const exit = this.#rules.find((rule) => rule.applies(target))?.exit ?? this.#otherwise
    if (exit.kind !== 'reject') return exit
    throw new RelayError({
      word: 'forbidden',
      detail: `${formatTarget(target)} is rejected by the route "${exit.rule}"`,
    })
  }

  /**
   * Rule that forbids `target` at `resolved`, the address of its name. The first rule that matches the name or the
   * address decides.
   */
  rejecting(target: CheckedTarget, resolved: CheckedTarget): string | undefined {
    const rule = this.#rules.find((each) => each.applies(target) || each.applies(resolved))
    return rule?.exit.kind === 'reject' ? rule.exit.rule : undefined
  }
}

interface Rule {
  applies(target: CheckedTarget): boolean
  readonly exit: Exit
}

/**
 * Parses rules like `*.internal=direct`, `10.0.0.0/8=socks5://proxy:1080`, `:25=reject`. Proxies separated by commas
 * form a chain. Patterns are those of access rules, but the port is optional.
 *
 * @param upstreams Proxies for targets without a rule; none for direct.
 * @throws RangeError naming the pattern and what is wrong; never a password
 */
export function parseRoutes(rules: readonly string[], upstreams: readonly Upstream[] = []): Routes {
  const otherwise: Exit = upstreams.length === 0 ? direct : { kind: 'upstreams', upstreams }
  return new Routes(rules.map(parseRule), otherwise)
}

function parseRule(text: string): Rule {
  const equals = text.indexOf('=')
  if (equals < 0) throw new RangeError(`a route must be PATTERN=direct, PATTERN=reject or PATTERN=URL; one has no "="`)
  const pattern = text.slice(0, equals).trim()
  const rule = `route "${pattern}"`
  const parsed = parseTargetPattern(pattern, rule)
  if (parsed === undefined) {
    throw new RangeError(
      `${rule} names no targets; write NAME, *.SUFFIX, ADDRESS, NETWORK/BITS or *, with or without :PORT`,
    )
  }
  const exit = parseExit(text.slice(equals + 1).trim(), pattern)
  return { exit, applies: (target) => (exit.kind === 'reject' ? parsed.touches(target) : parsed.matches(target)) }
}

function parseExit(text: string, pattern: string): Exit {
  if (text === 'direct') return direct
  if (text === 'reject') return { kind: 'reject', rule: pattern }
  try {
    // A password may contain a comma; a comma that separates proxies is followed by a scheme.
    return { kind: 'upstreams', upstreams: text.split(/,(?=[a-z0-9+]+:\/\/)/).map(parseUpstream) }
  } catch (error) {
    throw new RangeError(`route "${pattern}": ${(error as Error).message}`, { cause: error })
  }
}

const direct: Exit = { kind: 'direct' }
