import { textOf } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { parseTarget, RelayError } from '@ls/relay'
import type { TokenUse } from './token-use.js'

/** What may be forwarded for the user of a token. */
export type ForwardRights = Pick<TokenUse, 'entryRules' | 'slots' | 'refused'>

/**
 * Passes a connector's channel on if the policy of its token lets it. `pass` gets a function to call once the channel
 * is over.
 */
export function admitForwarded(channel: Channel, use: ForwardRights, pass: (onOver: () => void) => void): void {
  const refusal = refusalOf(channel, use)
  if (refusal instanceof Promise) {
    refusal
      .then((found) => settle(channel, use, found, pass))
      // Nobody else would catch it, and one channel must not end the process.
      .catch((error: unknown) => channel.reject(`failed: ${textOf(error)}`))
  } else settle(channel, use, refusal, pass)
}

function settle(
  channel: Channel,
  use: ForwardRights,
  refusal: RelayError | undefined,
  pass: (onOver: () => void) => void,
): void {
  if (channel.state === 'closed') return
  if (refusal !== undefined) {
    use.refused(refusal.failure.detail)
    return channel.reject(refusal.message)
  }
  try {
    pass(use.slots.take())
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    use.refused(error.failure.detail)
    channel.reject(error.message)
  }
}

function refusalOf(
  { address }: Channel,
  { entryRules }: ForwardRights,
): ReturnType<typeof checkTarget> | RelayError | undefined {
  if (entryRules === undefined) return undefined
  if (address !== undefined) return checkTarget(address, entryRules)
  return udpRefusal
}

/** What the switchboard refuses anyway is left to it. */
async function checkTarget(address: NonNullable<Channel['address']>, rules: NonNullable<ForwardRights['entryRules']>) {
  const target = parseTarget(address)
  return target instanceof RelayError ? undefined : rules.refusalOf(target)
}

/** Each datagram names its target to the provider alone. */
const udpRefusal = new RelayError({
  word: 'forbidden',
  detail: 'the rules of this token name targets, which UDP through a provider hides from the server',
})
