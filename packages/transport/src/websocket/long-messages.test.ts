import { expect, test } from 'vitest'
import { LongMessages } from './long-messages.js'

function setUp() {
  const cut: string[] = []
  const messages = new LongMessages(() => {}, 100)
  const holder = (name: string) => ({ destroy: () => void cut.push(name) })
  return { cut, messages, first: holder('first'), second: holder('second') }
}

test('LongMessages cuts none within the limit', () => {
  const { cut, messages, first, second } = setUp()
  messages.note(first, 60)
  messages.note(second, 40)
  expect(cut).toEqual([])
})

test('LongMessages cuts the connection whose message began first, not the one that has grown', () => {
  const { cut, messages, first, second } = setUp()
  messages.note(first, 10)
  messages.note(second, 60)
  messages.note(second, 91)
  expect(cut).toEqual(['first'])
})

test('LongMessages forgets a message that is complete', () => {
  const { cut, messages, first, second } = setUp()
  messages.note(first, 60)
  messages.note(first, 0)
  messages.note(second, 60)
  messages.note(first, 60)
  expect(cut).toEqual(['second'])
})

test('LongMessages cuts a connection that is beyond the limit alone', () => {
  const { cut, messages, first } = setUp()
  messages.note(first, 101)
  expect(cut).toEqual(['first'])
})

test('LongMessages gives the bytes of a connection that was cut to others', () => {
  const { cut, messages, first, second } = setUp()
  messages.note(first, 90)
  messages.note(second, 90)
  messages.note(first, 0)
  messages.note(second, 100)
  expect(cut).toEqual(['first'])
})
