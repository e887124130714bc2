import { FakeClock, RecordingHandler, turns } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { Inbox } from './inbox.js'

const gone = { code: 1006, reason: 'gone' }

function inboxAndOwner() {
  const clock = new FakeClock()
  const onUnread = vi.fn<() => void>()
  const inbox = new Inbox({ clock, onReading: () => {}, onUnread })
  const owner = new RecordingHandler()
  inbox.setHandler(owner)
  return { clock, inbox, owner, onUnread }
}

describe('Inbox', () => {
  test('has the end wait behind messages that a paused owner has not taken', async () => {
    const { inbox, owner } = inboxAndOwner()
    inbox.pause()
    inbox.receive(new Uint8Array([1]))
    inbox.end(gone)
    const before = owner.closes.length
    inbox.resume()
    await turns(1)
    expect({ before, messages: owner.messages.length, closes: owner.closes }).toEqual({
      before: 0,
      messages: 1,
      closes: [gone],
    })
  })

  test('gives up an owner that does not read within a minute of the end', () => {
    const { clock, inbox, onUnread } = inboxAndOwner()
    inbox.pause()
    inbox.receive(new Uint8Array([1]))
    inbox.end(gone)
    clock.advance(60_000)
    expect(onUnread).toHaveBeenCalledOnce()
  })

  test('keeps the first reason of our own for the end', () => {
    const { inbox } = inboxAndOwner()
    inbox.close({ code: 1000, reason: 'done' })
    inbox.destroy()
    expect(inbox.ownReason).toEqual({ code: 1000, reason: 'done' })
  })
})
