import { decode, encode, type ExposeMessage, MessageType } from '@ls/codec'
import type { Session } from '@ls/mux'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ServerError } from '../errors.js'
import type { Peer } from '../links/peer.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import { answerExpose } from './expose-messages.js'
import type { Exposures } from './exposures.js'

const place = { port: -1, host: '127.0.0.1', allowManageConnector: false, username: undefined, password: undefined }
const record = new TokenRegistry().add({ kind: 'reverse', token: 'r', ...place })
const request: ExposeMessage = { type: MessageType.Expose, id: 7, open: 'tcp:1', target: 'localhost:22' }

/** A server that refuses each request with `reason`. */
function refusing(reason: string): Exposures {
  const ask = () => Promise.reject(new ServerError('ERR_SERVER_EXPOSE_REFUSED', reason))
  return { ask } as unknown as Exposures
}

function ask(exposures: Exposures, message: ExposeMessage, session: Partial<Session>): void {
  const peer: Peer = { session: session as Session, record, instance: 'p', remoteAddress: '', connectedAtMs: 0 }
  answerExpose(exposures, peer, encode(message))
}

test.each([
  ['of the server', 'a'.repeat(2_000_000), {}],
  ['about a long target', '', { target: 'a'.repeat(600_000) }],
  ['about a long port', '', { open: 'a'.repeat(600_000) }],
])('answerExpose sends a short text for a refusal %s', async (_title, reason, texts) => {
  const answers: Uint8Array[] = []
  ask(refusing(reason), { ...request, ...texts }, { send: (answer) => void answers.push(answer) })
  await until(() => answers.length > 0, 'the answer')
  const answer = decode(answers[0]!)
  const error = answer.type === MessageType.Exposed ? answer.error : undefined
  expect(error?.length).toBeLessThanOrEqual(1000)
})

test('answerExpose closes a session that cannot be answered', async () => {
  const closed: string[] = []
  const send = () => {
    throw new Error('the transport broke')
  }
  ask(refusing('no'), request, { send, close: (reason) => void closed.push(reason) })
  await until(() => closed.length > 0, 'the end of the session')
  expect(closed).toEqual(['a request for a port could not be answered'])
})
