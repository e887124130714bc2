import { textOf } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { parseTarget, RelayError } from '@ls/relay'
import type { TokenUse } from './token-use.js'

/** Limits and rules for channels that are forwarded for the user of a token. */
export type ForwardRights = Pick<TokenUse, 'entryRules' | 'slots' | 'refused'>

/**
 * Forwards a connector's channel if the policy of its token allows it. `pass` receives a function to call when the
 * channel has ended.
 */
export function admitForwarded(channel: Channel, use: ForwardRights, pass: (onOver: () => void) => void): void {
  const refusal = refusalOf(channel, use)
  if (refusal instanceof Promise) {
    refusal
      .then((found) => settle(channel, use, found, pass))
      // An uncaught rejection would end the process; only this channel may fail.
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

/** Checks the target. `ChannelForwarder` refuses invalid targets itself. */
async function checkTarget(address: NonNullable<Channel['address']>, rules: NonNullable<ForwardRights['entryRules']>) {
  const target = parseTarget(address)
  return target instanceof RelayError ? undefined : rules.refusalOf(target)
}

/** Refuses UDP: only the provider sees the target of each datagram. */
const udpRefusal = new RelayError({
  word: 'forbidden',
  detail: 'the rules of this token name targets, which UDP through a provider hides from the server',
})
