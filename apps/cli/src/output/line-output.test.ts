import { describe, expect, test } from 'vitest'
import { LineOutput, type WriteBytes } from './line-output.js'

/** A disk that accepts `roomBytes`, a few at a time. */
function disk(roomBytes: number) {
  const state = { text: '', roomBytes }
  const write: WriteBytes = (_fd, bytes) => {
    const taken = bytes.subarray(0, Math.min(4, state.roomBytes))
    if (taken.length === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    state.text += Buffer.from(taken).toString()
    state.roomBytes -= taken.length
    return taken.length
  }
  return { state, output: new LineOutput(2, write) }
}

describe('LineOutput', () => {
  test('writes all of a text that goes out in pieces', () => {
    const { state, output } = disk(1000)
    expect({ written: output.write('a longer line\n'), text: state.text }).toEqual({
      written: true,
      text: 'a longer line\n',
    })
  })

  test('says what failed, and does not throw', () => {
    const { output } = disk(0)
    expect({ written: output.write('line\n'), failure: output.failure }).toEqual({ written: false, failure: 'ENOSPC' })
  })

  test('begins a new line after one whose rest was lost', () => {
    const { state, output } = disk(6)
    output.write('a longer line\n')
    state.roomBytes = 1000
    output.write('next\n')
    output.write('last\n')
    expect(state.text).toBe('a long\nnext\nlast\n')
  })

  test('continues once there is room', () => {
    const { state, output } = disk(0)
    output.write('lost\n')
    state.roomBytes = 1000
    expect({ written: output.write('kept\n'), failure: output.failure, text: state.text }).toEqual({
      written: true,
      failure: undefined,
      text: 'kept\n',
    })
  })
})
