import { decode, encode, type ExposedMessage, MessageType } from '@ls/codec'
import { Session } from '@ls/mux'
import { formatExposure } from '@ls/relay'
import { FakeClock, memoryTransportPair, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Exposures } from './exposures.js'

type Answer = Pick<ExposedMessage, 'open' | 'error'>

/** Exposures whose requests get `answers` in turn, and the last one repeatedly. */
function asking(texts: readonly string[], answers: readonly Answer[]) {
  const clock = new FakeClock()
  const events: string[] = []
  const asked: string[] = []
  const exposures = new Exposures(texts, {
    clock,
    onExposed: (exposure) => events.push(`exposed ${formatExposure(exposure)}`),
    onRefused: (exposure, reason) => events.push(`refused ${formatExposure(exposure)}: ${reason}`),
  })
  const session: Session = new Session(
    {},
    {
      onConnect: (channel) => channel.reject('forbidden: no'),
      onMessage: (bytes) => exposures.receive(session, decode(bytes) as ExposedMessage),
      onClose: () => {},
    },
  )
  const [near, far] = memoryTransportPair()
  far.setHandler({
    onMessage: (bytes) => {
      const message = decode(bytes)
      if (message.type !== MessageType.Expose) return
      asked.push(`${message.open} ${message.target}`)
      const answer = answers[Math.min(asked.length, answers.length) - 1] ?? {}
      far.send(encode({ type: MessageType.Exposed, id: message.id, ...answer }))
    },
    onDrain: () => {},
    onClose: () => {},
  })
  session.attach(near)
  return { exposures, session, clock, events, asked }
}

test('Exposures reports which port the server has opened', async () => {
  const { exposures, session, events } = asking(['0=localhost:22'], [{ open: 'tcp:4000' }])
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 0, 'an answer')
  expect(events).toEqual(['exposed 4000=localhost:22'])
})

test('Exposures asks the next session for the port that it had', async () => {
  const { exposures, session, events, asked } = asking(['0=localhost:22'], [{ open: 'tcp:4000' }])
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 0, 'an answer')
  exposures.sessionBegan(session, ['expose'])
  await until(() => asked.length > 1, 'another question')
  expect(asked).toEqual(['tcp:0 localhost:22', 'tcp:4000 localhost:22'])
})

test('Exposures asks for any port where that one is in use now', async () => {
  const answers = [{ open: 'tcp:4000' }, { error: 'taken' }, { open: 'tcp:4001' }]
  const { exposures, session, events } = asking(['0=localhost:22'], answers)
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 0, 'an answer')
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 1, 'another answer')
  expect(events).toEqual(['exposed 4000=localhost:22', 'exposed 4001=localhost:22'])
})

test('Exposures reports the same refusal once', async () => {
  const answers = [{ error: 'taken' }, { error: 'taken' }, { error: 'not allowed' }]
  const { exposures, session, events, clock } = asking(['1=h:1'], answers)
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 0, 'a refusal')
  for (let answer = 0; answer < 2; answer++) {
    await until(() => clock.pendingTimers > 0, 'the next attempt to be planned')
    clock.advance(10_000)
  }
  await until(() => events.length > 1, 'another reason')
  expect(events).toEqual(['refused 1=h:1: taken', 'refused 1=h:1: not allowed'])
})

test('Exposures asks again one second after a refusal, and two after the next', async () => {
  const answers = [{ error: 'taken' }, { error: 'taken' }, { open: 'tcp:1' }]
  const { exposures, session, events, asked, clock } = asking(['1=h:1'], answers)
  exposures.sessionBegan(session, ['expose'])
  for (const [attempt, delayMs] of [1000, 2000].entries()) {
    await until(() => asked.length === attempt + 1 && clock.pendingTimers > 0, 'the next attempt to be planned')
    clock.advance(delayMs)
  }
  await until(() => events.length > 1, 'an answer')
  expect({ events, atMs: clock.now() }).toEqual({ events: ['refused 1=h:1: taken', 'exposed 1=h:1'], atMs: 3000 })
})

test('Exposures asks no server that does not know the extension, and says so', () => {
  const { exposures, session, events, asked } = asking(['1=h:1'], [{}])
  exposures.sessionBegan(session, ['window'])
  expect({ asked, events }).toEqual({
    asked: [],
    events: [expect.stringContaining('refused 1=h:1: the server opens no')],
  })
})

test('Exposures counts a wrong answer as a refusal', async () => {
  const { exposures, session, events } = asking(['1=h:1'], [{ open: 'quic:1' }])
  exposures.sessionBegan(session, ['expose'])
  await until(() => events.length > 0, 'an answer')
  expect(events[0]).toContain("refused 1=h:1: the server's answer is wrong")
})

test('Exposures refuses more than 64 of them', () => {
  expect(() =>
    asking(
      Array.from({ length: 65 }, () => '1=h:1'),
      [],
    ),
  ).toThrow('65 exposed ports; the limit is 64')
})
