import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { keep, forwardSignals } from './keeper.js'

describe('keep', () => {
  test('knows the last process that has taken over', async () => {
    const pipe = new PassThrough()
    const keeper = keep(pipe, 5)
    pipe.write('6\n7')
    pipe.write('8\n')
    await until(() => keeper.pid === 78, 'the number')
    expect(keeper.pid).toBe(78)
  })

  test('ends with the last of them', async () => {
    const pipe = new PassThrough()
    const { ended } = keep(pipe, 5)
    pipe.end()
    await expect(ended).resolves.toBeUndefined()
  })
})

describe('forwardSignals', () => {
  function make(kill: (pid: number, signal?: string | number) => true) {
    const process = Object.assign(new EventEmitter(), { kill })
    forwardSignals(process as unknown as NodeJS.Process, () => 5)
    return process
  }

  test('sends a signal to the process that has taken over', () => {
    const sent: unknown[] = []
    make((...all) => {
      sent.push(all)
      return true
    }).emit('SIGTERM')
    expect(sent).toEqual([[5, 'SIGTERM']])
  })

  test('does nothing where that has ended', () => {
    const process = make(() => {
      throw new Error('ESRCH')
    })
    expect(() => process.emit('SIGTERM')).not.toThrow()
  })
})
