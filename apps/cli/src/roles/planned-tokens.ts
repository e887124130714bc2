import { type LinkSocksServer, tokenKey } from '@ls/server'
import type { CommandContext } from '../commands/context.js'
import type { RunningServer } from '../commands/server.js'
import { messageOf } from '../output/describe-error.js'
import { doStepsWithPauses, type Steps } from '../steps.js'
import type { GeneratedTokens, MakeToken } from '../tokens/generated-tokens.js'
import { registerConnector, registerToken, type RegisteredToken, type TokenPlan } from '../tokens/server-tokens.js'
import { doAll, isSame, type Prepared, without } from './change.js'

interface TokenChange {
  readonly before: TokenPlan
  readonly plan: TokenPlan
  readonly make: MakeToken
}

/** Tokens of a running server that are in its configuration. */
export class PlannedTokens {
  readonly #server: LinkSocksServer
  readonly #made: GeneratedTokens
  readonly #context: CommandContext
  readonly #plans: Map<string, TokenPlan>
  /** Registered tokens of each plan; a generated one stays the same over reloads. */
  readonly #registered = new Map<string, readonly RegisteredToken[]>()

  constructor({ server, tokens, made }: RunningServer, plans: readonly TokenPlan[], context: CommandContext) {
    this.#server = server
    this.#made = made
    this.#context = context
    this.#plans = new Map(plans.map((plan) => [keyOf(plan), plan]))
    let next = 0
    for (const plan of plans) {
      const end = next + 1 + plan.connectors.length
      this.#registered.set(keyOf(plan), tokens.slice(next, end))
      next = end
    }
  }

  /** Parts of the change to other tokens, and a line about them; none if they are the same. */
  async changeTo(next: readonly TokenPlan[]): Promise<{
    readonly what: string
    readonly parts: readonly (() => Promise<Prepared>)[]
  }> {
    const { added, removed, changed } = await doStepsWithPauses(this.#compareWith(next))
    const counts = Object.entries({ added, removed, changed }).filter(([, plans]) => plans.length > 0)
    // Removed tokens come first: they are no longer valid even if a later step fails, and others may have their ports.
    const make = this.#made.maker((token) => this.#isInUse(token))
    const parts = [
      ...removed.map((plan) => async () => this.#remove(plan)),
      ...added.map((plan) => () => this.#add(plan, make)),
      ...changed.map((plan) => () => this.#change(this.#plans.get(keyOf(plan)) ?? plan, plan, make)),
    ]
    const keep = async (): Promise<Prepared> => ({ commit: () => this.#keepMade(next), undo: () => {} })
    return {
      what: counts
        .map(([how, plans]) => `${plans.length} ${plans.length === 1 ? 'token' : 'tokens'} ${how}`)
        .join(', '),
      parts: parts.length === 0 ? [] : [...parts, keep],
    }
  }

  /** Finds what differs, with one key for each token: a key is a hash. */
  *#compareWith(next: readonly TokenPlan[]): Steps<Record<'added' | 'removed' | 'changed', readonly TokenPlan[]>> {
    const wanted = new Map<string, TokenPlan>()
    const added: TokenPlan[] = []
    for (const plan of next) {
      const key = keyOf(plan)
      // A token that is listed twice is refused, as at the start.
      if (wanted.has(key)) added.push(plan)
      else wanted.set(key, plan)
      yield
    }
    const changed: TokenPlan[] = []
    for (const [key, plan] of wanted) {
      const before = this.#plans.get(key)
      if (before === undefined) added.push(plan)
      else if (!isSame(before, plan)) changed.push(plan)
      yield
    }
    return { added, removed: [...this.#plans].flatMap(([key, plan]) => (wanted.has(key) ? [] : plan)), changed }
  }

  #isInUse(token: string): boolean {
    return [...this.#registered.values()].some((tokens) => tokens.some((each) => each.token === token))
  }

  /** Saves the generated tokens: the next start requests them in the order of the plans. */
  async #keepMade(plans: readonly TokenPlan[]): Promise<void> {
    const made = plans.filter(({ token, connectors }) => token === undefined || connectors.includes(undefined))
    await this.#made.keep(made.flatMap((plan) => this.#registered.get(keyOf(plan)) ?? []))
  }

  async #add(plan: TokenPlan, make: MakeToken): Promise<Prepared> {
    const tokens = registerToken(this.#server, plan, make)
    const [first] = tokens
    try {
      await this.#server.ports.portOpened(first?.token ?? '')
    } catch (error) {
      await this.#server.removeToken(first?.token ?? '')
      throw error
    }
    return {
      commit: () => this.#remember(plan, tokens),
      undo: () => this.#server.removeToken(first?.token ?? ''),
    }
  }

  #remove(plan: TokenPlan, { keepUsed = false } = {}): Prepared {
    return {
      commit: async () => {
        const key = keyOf(plan)
        const [token] = this.#registered.get(key) ?? []
        this.#registered.delete(key)
        this.#plans.delete(key)
        await this.#server.removeToken(token?.token ?? '', { keepUsed })
      },
      undo: () => {},
    }
  }

  /** Changes a token. Its users stay, unless the purpose of the token has changed. */
  async #change(before: TokenPlan, plan: TokenPlan, make: MakeToken): Promise<Prepared> {
    const token = this.#registered.get(keyOf(plan))?.[0]?.token ?? ''
    const changePolicy = (): void => this.#server.ports.changePolicy(token, plan.policy)
    if (isSame(without(before, ['policy']), without(plan, ['policy']))) {
      const commit = (): void => {
        changePolicy()
        this.#plans.set(keyOf(plan), plan)
      }
      return { commit, undo: () => {} }
    }
    const { reverse } = plan
    if (reverse === undefined || !hasPort(before) || !isSame(fixedPart(before), fixedPart(plan)))
      return this.#replace(before, plan, make)
    const ports = await this.#server.ports.changeReverseToken(token, reverse)
    try {
      const connectors = this.#changeConnectors(token, { before, plan, make })
      return {
        commit: async () => {
          ports.commit()
          changePolicy()
          await connectors.commit()
        },
        undo: async () => {
          ports.undo()
          await connectors.undo()
        },
      }
    } catch (error) {
      ports.undo()
      throw error
    }
  }

  /**
   * Replaces a token. The name is taken until the old one is removed, so this is done at the end. If it fails, the old
   * one is restored.
   */
  #replace(before: TokenPlan, plan: TokenPlan, make: MakeToken): Prepared {
    return {
      commit: async () => {
        const tokens = this.#registered.get(keyOf(before)) ?? []
        await this.#remove(before, { keepUsed: true }).commit()
        try {
          this.#remember(plan, registerToken(this.#server, plan, make))
        } catch (error) {
          this.#restore(before, tokens)
          throw new Error(`a token stays as it was: ${messageOf(error)}`, { cause: error })
        }
      },
      undo: () => {},
    }
  }

  /** Restores a plan with the same generated tokens. */
  #restore(plan: TokenPlan, tokens: readonly RegisteredToken[]): void {
    const [token, ...connectors] = tokens.map((each) => each.token)
    registerToken(this.#server, { ...plan, token, connectors })
    this.#plans.set(keyOf(plan), plan)
    this.#registered.set(keyOf(plan), tokens)
  }

  #changeConnectors(reverseToken: string, { before, plan, make }: TokenChange): Prepared {
    const known = new Map(before.connectors.map((each, index) => [keyOfText(each), index]))
    const [first, ...registered] = this.#registered.get(keyOf(plan)) ?? []
    const kept = new Set(plan.connectors.map(keyOfText))
    const gone = registered.filter((_token, index) => !kept.has(keyOfText(before.connectors[index])))
    const added: RegisteredToken[] = []
    const undo = async (): Promise<void> => {
      for (const { token } of added) await this.#server.removeToken(token)
    }
    try {
      for (const each of plan.connectors)
        if (!known.has(keyOfText(each))) {
          const connector = registerConnector(this.#server, each ?? make('connector token'), reverseToken)
          added.push({ ...connector, isNew: each === undefined })
        }
    } catch (error) {
      // The error below is the one to report.
      undo().catch(() => {})
      throw error
    }
    return {
      commit: async () => {
        const fresh = added.values()
        const all = plan.connectors.flatMap(
          (each) => registered[known.get(keyOfText(each)) ?? -1] ?? fresh.next().value ?? [],
        )
        this.#remember(plan, first === undefined ? all : [first, ...all])
        await doAll(
          gone.map(
            ({ token: each }) =>
              () =>
                this.#server.removeToken(each),
          ),
        )
      },
      undo,
    }
  }

  #remember(plan: TokenPlan, tokens: readonly RegisteredToken[]): void {
    this.#plans.set(keyOf(plan), plan)
    this.#registered.set(keyOf(plan), tokens)
    this.#context.redactor.add(...tokens.map(({ token }) => token))
    for (const { name, token, isNew } of tokens) if (isNew) this.#context.print(`${name}: ${token}`)
  }
}

function keyOf({ token }: TokenPlan): string {
  return keyOfText(token)
}

/**
 * Key of a text, the same for a token and its hash. A generated token has no name in the file, and there is at most
 * one.
 */
function keyOfText(token: string | undefined): string {
  return token === undefined ? '' : tokenKey(token)
}

function hasPort({ reverse }: TokenPlan): boolean {
  return reverse !== undefined && reverse.allowManageConnector !== true
}

/** The part that cannot change while the token is in use. */
function fixedPart({ reverse }: TokenPlan): unknown {
  return reverse === undefined ? undefined : without(reverse, liveParts)
}

const liveParts = ['socksHost', 'socksPort', 'socksListen', 'username', 'password', 'accounts']
