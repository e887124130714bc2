import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { MessageType, newChannelId } from '@ls/codec'
import { Link } from '../link.mjs'
import { strangersAddress } from '../strangers.mjs'

const workers = 16
const durationMs = 6000
/** Most providers and codes that a relay gives to one address (docs/guide/relay.md). */
const mostProviders = 16
/** A code that takes long to judge: a relay checks 16 of them, and then one in 10 s. */
const slowCode = '4@8({[<369&#!1/|0$5+7%24'

export const relayStrangers = {
  id: 'relay-strangers',
  title: 'stranger: floods a relay with providers and codes, 16 links at a time',
  flags: ['--relay'],
  run: async ({ url, port }) => {
    const until = performance.now() + durationMs
    let taken = 0
    const count = ({ type, success }) => {
      if (type === MessageType.ConnectorResponse && success) taken++
    }
    const work = async () => {
      while (performance.now() < until) {
        const link = await open(url).catch(() => {})
        if (link === undefined) continue
        link.onMessage = count
        for (let asked = 0; asked < 40; asked++) askForCode(link, `${slowCode}${randomBytes(4).toString('hex')}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
        link.drop()
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
    const { checks } = await (await fetch(`http://127.0.0.1:${port}/api/health`)).json()
    return [
      ...(checks.providers.used > mostProviders ? [`one address has ${checks.providers.used} providers`] : []),
      ...(taken > 2 * mostProviders ? [`one address got ${taken} codes in ${durationMs / 1000} s`] : []),
    ]
  },
}

/** Opens a link of a provider without a token, from an address that is not the bystander's. */
function open(url) {
  const dial = async (host, port) => {
    const socket = connect({ host, port, localAddress: strangersAddress })
    await once(socket, 'connect')
    return socket
  }
  return Link.open({ url, token: 'anonymous', reverse: true, dial })
}

function askForCode(link, token) {
  link.send({ type: MessageType.Connector, channelId: newChannelId(), token, operation: 'add' })
}
