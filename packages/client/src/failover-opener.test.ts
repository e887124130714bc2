import { silentLogger } from '@ls/foundation'
import type { LinkOpener } from '@ls/link'
import type { MessageTransport } from '@ls/mux'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { failoverOpener } from './failover-opener.js'

type Answer = 'up' | 'refuses' | 'silent'

/** Servers with these answers, which can be changed, and the numbers of those that were asked. */
function service(answers: Answer[], more: Partial<LinkOpener>[] = [], random?: () => number) {
  const clock = new FakeClock()
  const asked: number[] = []
  const transports: MessageTransport[] = []
  const aborted: number[] = []
  const open = (index: number): LinkOpener['open'] => {
    return ({ signal }) => {
      asked.push(index)
      if (answers[index] === 'refuses') return Promise.reject(new Error(`server ${index} refuses`))
      const transport = (transports[index] = memoryTransportPair()[0])
      if (answers[index] === 'up') return Promise.resolve(transport)
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(index)
          reject(signal.reason as Error)
        })
      })
    }
  }
  const servers = answers.map((_answer, index) => {
    const opener: LinkOpener = { authenticated: true, earlyData: false, open: open(index), ...more[index] }
    return { name: `server-${index}`, opener }
  })
  const opener = failoverOpener({ servers, clock, logger: silentLogger, random })
  const link = (signal = new AbortController().signal) =>
    opener.open({ token: 't', resume: undefined, firstMessages: [], signal })
  return { clock, asked, aborted, transports, answers, link }
}

test('failoverOpener asks the first server only, if it answers', async () => {
  const { link, asked } = service(['up', 'up'])
  await link()
  expect(asked).toEqual([0])
})

test('failoverOpener asks the next server immediately when one refuses, and stays with it', async () => {
  const { link, asked, answers } = service(['refuses', 'up'])
  await link()
  answers[0] = 'up'
  await link()
  expect(asked).toEqual([0, 1, 1])
})

test('failoverOpener asks the next server a second later when one is silent, and stops asking that one', async () => {
  const { link, asked, aborted, clock } = service(['silent', 'up'])
  const linked = link()
  clock.advance(999)
  const before = [...asked]
  clock.advance(1)
  await linked
  expect({ before, asked, aborted }).toEqual({ before: [0], asked: [0, 1], aborted: [0] })
})

test('failoverOpener begins again at the first server when the last one fails', async () => {
  const { link, asked, answers } = service(['refuses', 'up'])
  await link()
  answers.splice(0, 2, 'up', 'refuses')
  await link()
  expect(asked).toEqual([0, 1, 1, 0])
})

test.each([
  [0, [0, 1, 2]],
  [0.9, [0, 2]],
])('failoverOpener tries the other servers in random order: with %s in the order %j', async (random, order) => {
  const { link, asked } = service(['refuses', 'refuses', 'up'], [], () => random)
  await link()
  expect(asked).toEqual(order)
})

test('failoverOpener reports the error of the server that it asked first', async () => {
  await expect(service(['refuses', 'refuses']).link()).rejects.toThrow('server 0 refuses')
})

test('failoverOpener stops all attempts when the link is closed', async () => {
  const { link, aborted } = service(['silent', 'silent'])
  const controller = new AbortController()
  const linked = link(controller.signal)
  controller.abort(new Error('closed'))
  await expect(linked).rejects.toThrow('closed')
  expect(aborted).toContain(0)
})

test('failoverOpener refuses servers that receive the token in different ways', () => {
  expect(() => service(['up', 'up'], [{}, { authenticated: false }])).toThrow('must all have the path /socket, or none')
})
