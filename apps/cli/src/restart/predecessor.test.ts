import { EventEmitter } from 'node:events'
import { ListeningSockets } from '@ls/dial'
import { describe, expect, test } from 'vitest'
import { Predecessor } from './predecessor.js'
import { successionVariable } from './succession.js'

/** A process that was started to take over, and the messages that it sends. */
function make(env: NodeJS.ProcessEnv = { [successionVariable]: '{"folder":"/run/x","places":[]}' }) {
  const sent: unknown[] = []
  const process = Object.assign(new EventEmitter(), {
    env,
    pid: 7,
    channel: undefined,
    send: (m: unknown) => sent.push(m),
  })
  const predecessor = Predecessor.find(process as unknown as NodeJS.Process, new ListeningSockets())
  return { sent, process, predecessor }
}

describe('Predecessor', () => {
  test('is none where the process was started in another way', () => {
    expect(make({}).predecessor).toBeUndefined()
  })

  test('is hidden from programs that are started', () => {
    const { process, predecessor } = make()
    expect({ folder: predecessor?.folder, env: process.env }).toEqual({ folder: '/run/x', env: {} })
  })

  test('gives the states of its servers, and is asked once', async () => {
    const { sent, process, predecessor } = make()
    const [one, other] = [predecessor?.stateOf('a'), predecessor?.stateOf('b')]
    process.emit('message', { kind: 'states', states: { a: 'text' } })
    expect({ one: await one, other: await other, sent }).toEqual({
      one: 'text',
      other: undefined,
      sent: [{ kind: 'prepared' }],
    })
  })

  test('that is gone gives none', async () => {
    const { process, predecessor } = make()
    const asked = predecessor?.stateOf('a')
    process.emit('disconnect')
    await expect(asked).rejects.toThrow('the previous process has ended')
  })

  test('reports the use of tokens there', () => {
    const { process, predecessor } = make()
    const used: unknown[] = []
    predecessor?.onUsed((...all) => used.push(all))
    process.emit('message', { kind: 'used', used: { a: { key: 5 } } })
    expect(used).toEqual([['a', { key: 5 }]])
  })
})
