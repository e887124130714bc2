import type { Session } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { hashToken } from '@ls/transport'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Identity, Peer } from '../links/peer.js'
import { type ForwardToken, TokenRegistry } from '../tokens/token-registry.js'
import type { TicketRequest } from './access-ticket.js'
import { Tickets } from './tickets.js'

const page = 'https://app.example'

function setUp() {
  const clock = new FakeClock()
  const tokens = new TokenRegistry()
  const record: ForwardToken = tokens.add({ kind: 'forward', token: 'secret' })
  const tickets = new Tickets(tokens, clock)
  const find = (text: string) => tickets.find(hashToken(text))
  const make = (request: Partial<TicketRequest> = {}) => tickets.make({ token: 'secret', ...request }).ticket
  const identity = (text: string, instance = 'a'): Identity => ({ record, instance, ticket: find(text) })
  return { clock, tokens, record, tickets, find, make, identity }
}

/** Session of a client, which records why it was closed. */
function peerOf(identity: Identity): Peer & { closed: string | undefined } {
  const session = { close: (reason: string) => void (peer.closed = reason) } as unknown as Session
  const peer = { ...identity, session, remoteAddress: '::1', connectedAtMs: 0, closed: undefined as string | undefined }
  return peer
}

describe('Tickets', () => {
  test('finds the token that a ticket stands for', () => {
    const { make, find, record } = setUp()
    expect(find(make())?.record).toBe(record)
  })

  test('does not find a ticket that was not used in time', () => {
    const { make, find, clock } = setUp()
    const ticket = make({ useWithinMs: 5000 })
    clock.advance(5000)
    expect(find(ticket)).toBeUndefined()
  })

  test('finds one that is in use after that time, since its client may come back', () => {
    const { make, find, identity, tickets, clock } = setUp()
    const ticket = make({ useWithinMs: 5000 })
    tickets.joined(peerOf(identity(ticket)))
    clock.advance(5000)
    expect(find(ticket)).toBeDefined()
  })

  test('forgets it when its client has left', () => {
    const { make, find, identity, tickets, clock } = setUp()
    const ticket = make({ useWithinMs: 5000 })
    const peer = peerOf(identity(ticket))
    tickets.joined(peer)
    clock.advance(5000)
    tickets.left(peer)
    expect(find(ticket)).toBeUndefined()
  })

  test('finds no ticket of a token that was removed', () => {
    const { make, find, tokens, record } = setUp()
    const ticket = make()
    tokens.remove(record)
    expect(find(ticket)).toBeUndefined()
  })

  test('admits the first client again, and no other', () => {
    const { make, identity, tickets } = setUp()
    const ticket = make()
    for (let link = 0; link < 2; link++) void tickets.claim(identity(ticket, 'first'), undefined)
    expect(() => tickets.claim(identity(ticket, 'second'), undefined)).toThrow('the ticket has been used')
  })

  test.each([
    ['https://evil.example', 'the ticket is not for https://evil.example'],
    [undefined, 'the ticket is not for programs'],
  ])('refuses another page: %s', (origin, text) => {
    const { make, identity, tickets } = setUp()
    expect(() => tickets.claim(identity(make({ origin: page })), origin)).toThrow(text)
  })

  test('is not used up by a page that may not use it', () => {
    const { make, identity, tickets } = setUp()
    const ticket = make({ origin: page })
    expect(() => tickets.claim(identity(ticket, 'thief'), 'https://evil.example')).toThrow('not for')
    expect(() => tickets.claim(identity(ticket, 'page'), page)).not.toThrow()
  })

  test('ends what its client has opened when its lifetime is over', () => {
    const { make, identity, tickets, clock } = setUp()
    const client = identity(make({ lifetimeMs: 60_000 }))
    void tickets.claim(client, undefined)
    const peer = peerOf(client)
    tickets.joined(peer)
    clock.advance(60_000)
    expect(peer.closed).toBe('the time of the ticket is over')
  })

  test('counts the lifetime from the first link on, not from the last', () => {
    const { make, identity, tickets, clock } = setUp()
    const client = identity(make({ lifetimeMs: 60_000 }))
    void tickets.claim(client, undefined)
    clock.advance(59_000)
    const peer = peerOf(client)
    tickets.joined(peer)
    clock.advance(1000)
    expect(peer.closed).toBeDefined()
  })

  test('remove ends what its client has', () => {
    const { make, identity, tickets } = setUp()
    const ticket = make()
    const peer = peerOf(identity(ticket))
    tickets.joined(peer)
    expect({ removed: tickets.remove(ticket), closed: peer.closed }).toEqual({
      removed: true,
      closed: 'the ticket was revoked',
    })
  })

  test('remove ends a client whose handshake was under way', () => {
    const { make, identity, tickets, clock } = setUp()
    const ticket = make()
    const peer = peerOf(identity(ticket))
    tickets.remove(ticket)
    tickets.joined(peer)
    clock.advance(0)
    expect(peer.closed).toBe('the ticket was revoked')
  })

  test('remove finds a ticket only once', () => {
    const { make, tickets } = setUp()
    const ticket = make()
    tickets.remove(ticket)
    expect(tickets.remove(ticket)).toBe(false)
  })

  test('has no more than 10,000, and takes new ones when old ones are over', () => {
    const { make, clock, tickets } = setUp()
    for (let count = 0; count < 10_000; count++) make({ useWithinMs: 1000 })
    expect(() => make()).toThrow('10000 tickets')
    clock.advance(1000)
    make()
    expect(tickets.size).toBe(1)
  })

  test.each([
    [{ token: 'unknown' }, 'token does not exist'],
    [{ allow: [] }, 'allow is empty'],
    [{ allow: ['db'] }, 'access rule "db"'],
    [{ origin: 'app.example' }, '"app.example" is no origin'],
    [{ useWithinMs: 3_600_001 }, 'the limit is 3600000'],
    [{ lifetimeMs: 0 }, 'lifetimeMs'],
  ])('refuses %j', (request, text) => {
    const { make } = setUp()
    expect(() => make(request)).toThrow(text)
  })

  describe('in several processes', () => {
    /** Two processes with one ticket. */
    function setUpTwo(request: Partial<TicketRequest> = {}) {
      const claims = new Map<string, string>()
      const shared = {
        claim: async (key: string, value: string) => {
          if (!claims.has(key)) claims.set(key, value)
          return claims.get(key)!
        },
        unclaim: (key: string) => void claims.delete(key),
      }
      const clock = new FakeClock()
      const tokens = new TokenRegistry()
      const record: ForwardToken = tokens.add({ kind: 'forward', token: 'secret' })
      const [one, other] = [1, 2].map(() => new Tickets(tokens, clock, { claims: shared })) as [Tickets, Tickets]
      const { ticket } = one.make({ token: 'secret', ...request })
      other.make({ token: 'secret', ...request }, ticket)
      const identity = (at: Tickets, instance: string): Identity => ({
        record,
        instance,
        ticket: at.find(hashToken(ticket)),
      })
      return { one, other, identity, ticket, claims, clock }
    }

    test('a ticket is for the first client, at whichever node it linked', async () => {
      const { one, other, identity } = setUpTwo()
      await one.claim(identity(one, 'first'), undefined)
      await other.claim(identity(other, 'first'), undefined)
      expect(() => other.claim(identity(other, 'second'), undefined)).toThrow('has been used')
    })

    test('of two clients that come at the same time, one gets it', async () => {
      const { one, other, identity } = setUpTwo()
      const claim = async (at: Tickets, instance: string) => at.claim(identity(at, instance), undefined)
      const outcomes = await Promise.allSettled([claim(one, 'a'), claim(other, 'b')])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    })

    test('a ticket that is revoked while it is claimed admits no client', async () => {
      const { one, identity, ticket } = setUpTwo()
      const claiming = one.claim(identity(one, 'a'), undefined)
      one.remove(ticket)
      await expect(claiming).rejects.toThrow('the ticket was revoked')
    })

    test('a lifetime is no longer where the clock was set back', async () => {
      const { one, other, identity, clock } = setUpTwo({ lifetimeMs: 60_000 })
      await one.claim(identity(one, 'a'), undefined)
      const nowMs = Date.now()
      const set = vi.spyOn(Date, 'now').mockReturnValue(nowMs - 86_400_000)
      onTestFinished(() => set.mockRestore())
      const client = identity(other, 'a')
      await other.claim(client, undefined)
      const peer = peerOf(client)
      other.joined(peer)
      clock.advance(60_000)
      expect(peer.closed).toBe('the time of the ticket is over')
    })

    test('a ticket that was taken back in all leaves no claim', async () => {
      const { one, other, identity, ticket, claims } = setUpTwo()
      await one.claim(identity(one, 'a'), undefined)
      other.remove(ticket, { isLast: false })
      const before = claims.size
      one.remove(ticket)
      expect({ before, after: claims.size }).toEqual({ before: 1, after: 0 })
    })

    /** A process with a ticket for origin `page`, and one that has started later. */
    async function setUpLater() {
      const kept = new Map<string, string>()
      const shared = {
        keep: async (key: string, text: string) => void kept.set(key, text),
        drop: (key: string) => void kept.delete(key),
      }
      const clock = new FakeClock()
      const tokens = new TokenRegistry()
      const record: ForwardToken = tokens.add({ kind: 'forward', token: 'secret' })
      const [one, later] = [1, 2].map(() => new Tickets(tokens, clock, { tickets: shared })) as [Tickets, Tickets]
      const request = { token: 'secret', origin: page, useWithinMs: 5000 }
      const made = one.make(request)
      await one.keep(request, made)
      for (const [key, text] of kept) later.restore(key, text)
      const { ticket } = made
      const identity = (instance: string): Identity => ({ record, instance, ticket: later.find(hashToken(ticket)) })
      return { clock, one, later, kept, ticket, identity, found: () => later.find(hashToken(ticket)) }
    }

    test('one that starts later knows a ticket, with its page and its time', async () => {
      const { later, identity, clock, found } = await setUpLater()
      const forOther = (): unknown => later.claim(identity('a'), 'https://other.example')
      expect(forOther).toThrow('is not for https://other.example')
      clock.advance(5000)
      expect(found()).toBeUndefined()
    })

    test('a ticket that was taken back is not kept', async () => {
      const { one, kept, ticket } = await setUpLater()
      one.remove(ticket)
      expect(kept.size).toBe(0)
    })

    test('one forgets a ticket that another has dropped, unless its client has a session', async () => {
      const { later, kept, identity, found } = await setUpLater()
      const [key = ''] = kept.keys()
      const peer = peerOf(identity('a'))
      later.joined(peer)
      later.dropped(key)
      const during = found()
      later.left(peer)
      later.dropped(key)
      expect({ during, after: found() }).toEqual({ during: expect.anything() as unknown, after: undefined })
    })

    test.each(['{', '{"token":"gone","useBeforeMs":9e15}', '{"token":"secret","useBeforeMs":1}'])(
      'one ignores the kept text %s',
      (text) => {
        const { tickets } = setUp()
        tickets.restore('key', text)
        expect(tickets.size).toBe(0)
      },
    )
  })
})
