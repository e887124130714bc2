import { describe, expect, test } from 'vitest'
import { topData } from '../../../testing/top-data.js'
import { firstState, type Key, pressed, type TopAction, type TopState } from './top-state.js'

/** The state and the last action after some keys. */
function after(...keys: Key[]): readonly [TopState, TopAction] {
  let result: readonly [TopState, TopAction] = [firstState, undefined]
  for (const key of keys) result = pressed(result[0], key, topData)
  return result
}

const letters = (text: string): Key[] => Array.from(text, (sequence) => ({ name: sequence, sequence }))

describe('pressed', () => {
  test.each([[[{ name: 'q' }]], [[{ name: 'c', ctrl: true }]], [[...letters('/'), { name: 'c', ctrl: true }]]])(
    '%j quits',
    (keys) => {
      expect(after(...keys)[1]).toEqual({ kind: 'quit' })
    },
  )

  test('takes letters into the filter until Enter, q among them', () => {
    const [state, action] = after(...letters('/qx'), { name: 'return', sequence: '\r' })
    expect({ filter: state.filter, mode: state.mode, action }).toEqual({
      filter: 'qx',
      mode: 'browse',
      action: undefined,
    })
  })

  test('drops the filter with Esc, and a letter of it with Backspace', () => {
    expect(after(...letters('/ab'), { name: 'backspace', sequence: '\u007f' })[0].filter).toBe('a')
    expect(after(...letters('/ab'), { name: 'escape', sequence: '\u001b' })[0].filter).toBe('')
  })

  test('takes no control byte into the filter', () => {
    expect(after(...letters('/'), { sequence: '\u001b[200~' })[0].filter).toBe('')
  })

  test('cuts the selected connection only after y', () => {
    const [victim] = topData.connections.rows
    expect(after(...letters('xy'))[1]).toEqual({ kind: 'cut', victim })
    expect(after(...letters('xn'))[1]).toBeUndefined()
  })

  test('cuts a link in the list of links', () => {
    const [victim] = topData.links.rows
    expect(after({ name: 'tab' }, ...letters('xy'))[1]).toEqual({ kind: 'cut', victim })
  })

  test('stays within the list', () => {
    expect(after({ name: 'up' })[0].selected).toBe(0)
    expect(after({ name: 'down' }, { name: 'down' }, { name: 'down' })[0].selected).toBe(1)
  })

  test('goes round the orders', () => {
    expect(after(...letters('s'))[0].sort).toBe('bytes')
    expect(after(...letters('sssss'))[0].sort).toBe('rate')
  })
})
