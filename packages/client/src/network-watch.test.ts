import { FakeClock } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { NetworkWatch } from './network-watch.js'

const watches: NetworkWatch[] = []

afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop()
})

/** A watch with a network and a time of day that the test sets. */
function watching() {
  const clock = new FakeClock()
  const changes: string[] = []
  const machine = { network: 'home', sleptMs: 0, isMute: false }
  const watch = new NetworkWatch({
    clock,
    onChange: (reason) => changes.push(reason),
    network: () => {
      if (machine.isMute) throw new Error('uv_interface_addresses returned 24')
      return machine.network
    },
    timeOfDay: () => clock.now() + machine.sleptMs,
  })
  watches.push(watch)
  watch.start()
  return { clock, changes, machine, watch }
}

describe('NetworkWatch', () => {
  test('reports another network within a second', () => {
    const { clock, changes, machine } = watching()
    machine.network = 'away'
    clock.advance(1000)
    expect(changes).toEqual(['the network has changed'])
  })

  test('reports that the machine has slept', () => {
    const { clock, changes, machine } = watching()
    machine.sleptMs = 30_000
    clock.advance(3000)
    expect(changes).toEqual(['this machine was suspended'])
  })

  test('continues while the system reports nothing', () => {
    const { clock, changes, machine, watch } = watching()
    watch.stop()
    machine.isMute = true
    watch.start()
    clock.advance(2000)
    machine.isMute = false
    machine.network = 'away'
    clock.advance(1000)
    expect(changes).toEqual(['the network has changed'])
  })

  test('says nothing while nothing happens', () => {
    const { clock, changes } = watching()
    clock.advance(60_000)
    expect(changes).toEqual([])
  })

  test.each([3_600_000, -3_600_000])('continues over a clock that is set by %d ms', (jumpMs) => {
    const { clock, changes, machine } = watching()
    machine.sleptMs = jumpMs
    clock.advance(5000)
    machine.network = 'away'
    clock.advance(1000)
    expect(changes.at(-1)).toBe('the network has changed')
  })

  test('looks at this machine without a network given', () => {
    const clock = new FakeClock()
    const changes: string[] = []
    const watch = new NetworkWatch({ clock, onChange: (reason) => changes.push(reason), timeOfDay: () => clock.now() })
    watches.push(watch)
    watch.start()
    clock.advance(2000)
    expect(changes).toEqual([])
  })

  test('leaves no timer behind', () => {
    const { clock, watch } = watching()
    watch.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
