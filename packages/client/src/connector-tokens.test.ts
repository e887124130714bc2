import { decode, encode, MessageType } from '@ls/codec'
import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair, turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ConnectorTokens } from './connector-tokens.js'
import { tokenRetryMs } from './refused-tokens.js'

/** Tokens, and a server that passes each request to `answer`. */
function asking(
  answer: (token: string) => { success: boolean; token?: string; error?: string } | undefined,
  options: { retryRefused?: boolean } = {},
) {
  const clock = new FakeClock()
  const tokens = new ConnectorTokens(['known'], { clock, ...options })
  const asked: string[] = []
  const ours = new Session(
    {},
    {
      onConnect: (channel) => channel.reject('forbidden: no'),
      onMessage: (bytes) => tokens.receive(bytes),
      onClose: () => tokens.sessionClosed(ours),
    },
  )
  const [near, far] = memoryTransportPair()
  far.setHandler({
    onMessage: (bytes) => {
      const message = decode(bytes)
      if (message.type !== MessageType.Connector) return
      asked.push(`${message.operation} ${message.token}`)
      const response = answer(message.token)
      if (response === undefined) return
      far.send(encode({ type: MessageType.ConnectorResponse, channelId: message.channelId, ...response }))
    },
    onDrain: () => {},
    onClose: () => {},
  })
  ours.attach(near)
  return { tokens, session: ours, asked, clock }
}

test('ConnectorTokens.add resolves with the token and remembers it', async () => {
  const { tokens, session } = asking(() => ({ success: true }))
  expect(await tokens.add(session, 'new')).toBe('new')
  expect([...tokens]).toEqual(['known', 'new'])
})

test('ConnectorTokens.add resolves with the token that the server has chosen', async () => {
  const { tokens, session } = asking(() => ({ success: true, token: 'chosen' }))
  expect(await tokens.add(session, '')).toBe('chosen')
})

test("ConnectorTokens.add rejects with the server's reason and forgets the token", async () => {
  const { tokens, session } = asking(() => ({ success: false, error: 'taken' }))
  await expect(tokens.add(session, 'new')).rejects.toMatchObject({
    code: 'ERR_CLIENT_CONNECTOR_REFUSED',
    message: 'taken',
  })
  expect([...tokens]).toEqual(['known'])
})

test('ConnectorTokens.remove asks for the removal and forgets the token', async () => {
  const { tokens, session, asked } = asking(() => ({ success: true }))
  await tokens.remove(session, 'known')
  expect({ asked, tokens: [...tokens] }).toEqual({ asked: ['remove known'], tokens: [] })
})

test('ConnectorTokens.add rejects when the session is lost before the answer', async () => {
  const { tokens, session, asked } = asking(() => undefined)
  const adding = tokens.add(session, 'new')
  await until(() => asked.length === 1, 'the question')
  session.close('lost')
  await expect(adding).rejects.toMatchObject({ code: 'ERR_CLIENT_NO_LINK' })
})

test('ConnectorTokens.add rejects when no answer comes in time', async () => {
  const { tokens, session, clock } = asking(() => undefined)
  const adding = tokens.add(session, 'new')
  clock.advance(10_000)
  await expect(adding).rejects.toThrow('the server did not answer within 10000 ms')
})

test('ConnectorTokens leaves no timer behind an answer', async () => {
  const { tokens, session, clock } = asking(() => ({ success: true }))
  await tokens.add(session, 'new')
  expect(clock.pendingTimers).toBe(0)
})

/** Begins a session, and lets time pass until the token was requested this many times; returns what was reported. */
async function begun({ tokens, session, asked, clock }: ReturnType<typeof asking>, requests: number) {
  const told: string[] = []
  tokens.sessionBegan(session, {
    onAdded: (token) => told.push(`added ${token}`),
    onRefused: (token, { reason, isFinal }) => told.push(`${token} ${reason}${isFinal ? ', final' : ''}`),
  })
  for (let count = 1; count <= requests; count++) {
    await until(() => asked.length === count, 'the question')
    await turns(10)
    if (count < requests) clock.advance(tokenRetryMs(count))
  }
  return told
}

test('ConnectorTokens.sessionBegan asks again for a token that was refused, and reports the reason once', async () => {
  const answers = [{ success: false, error: 'taken' }, { success: false, error: 'taken' }, { success: true }]
  expect(
    await begun(
      asking(() => answers.shift()),
      3,
    ),
  ).toEqual(['known taken', 'added known'])
})

const weak = { success: false, error: 'this code is too easy to guess: use more words' }

test('ConnectorTokens.sessionBegan does not ask again for a token that is refused for good', async () => {
  const asker = asking(() => weak)
  const told = await begun(asker, 1)
  expect({ told, timers: asker.clock.pendingTimers }).toEqual({ told: [`known ${weak.error}, final`], timers: 0 })
})

test('ConnectorTokens.sessionBegan asks again for such a token where refusals are to be ignored', async () => {
  expect(
    await begun(
      asking(() => weak, { retryRefused: true }),
      2,
    ),
  ).toEqual([`known ${weak.error}`])
})
