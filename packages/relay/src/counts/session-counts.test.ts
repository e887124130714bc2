import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { SessionCounts } from './session-counts.js'

const clock = new FakeClock()

function countedSession(counts: SessionCounts): Session {
  const session: Session = new Session(
    { clock, extensions: ['resume'] },
    {
      onConnect: (channel) => channel.reject('forbidden: no'),
      onLinked: () => counts.linked(session),
      onUnlinked: () => counts.unlinked(session),
      onClose: () => counts.closed(session),
    },
  )
  return session
}

test('SessionCounts counts links that continue a session apart from new sessions', () => {
  const counts = new SessionCounts()
  const session = countedSession(counts)
  const [first] = memoryTransportPair({ clock })
  session.attach(first)
  first.destroy()
  clock.advance(1000)
  const waiting = counts.snapshot([session])
  session.attach(memoryTransportPair({ clock })[0], 0)
  expect({ waiting, snapshot: counts.snapshot([session]) }).toMatchObject({
    waiting: { up: 0, waiting: 1, opened: 1, resumed: 0 },
    snapshot: { up: 1, waiting: 0, opened: 1, resumed: 1 },
  })
})

test('SessionCounts counts sessions that were lost apart from those that were closed', () => {
  const counts = new SessionCounts()
  const [kept, cut] = [countedSession(counts), countedSession(counts)]
  const [transport] = memoryTransportPair({ clock })
  kept.attach(memoryTransportPair({ clock })[0])
  cut.attach(transport)
  transport.destroy()
  clock.advance(1000)
  for (const session of [kept, cut]) session.close('the test is over')
  expect(counts.snapshot([])).toMatchObject({ opened: 2, closed: 1, lost: 1 })
})
