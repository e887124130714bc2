import { silentLogger } from '@ls/foundation'
import { parseExposure } from '@ls/relay'
import { expect, test } from 'vitest'
import type { ReverseToken } from '../../tokens/token-registry.js'
import { type FarName, FarNames } from './far-names.js'

function name(instance: string, token = 't'): FarName {
  const record = { token } as ReverseToken
  return { owner: { record, instance }, exposure: parseExposure('http:a.example=localhost:80') }
}

/** Names, and what is open. A second token is refused while another has the name. */
function make() {
  const open: string[] = []
  const names = new FarNames(({ owner }) => {
    const key = `${owner.record.token} ${owner.instance}`
    if (open.some((other) => !other.startsWith(`${owner.record.token} `))) throw new Error('another token has it')
    open.push(key)
    return () => void open.splice(open.indexOf(key), 1)
  }, silentLogger)
  return { names, open }
}

test('FarNames opens new names, keeps known ones, and ends removed ones', () => {
  const { names, open } = make()
  names.set('a.example', [name('one'), name('two')])
  names.set('a.example', [name('two'), name('three')])
  const before = [...open]
  names.set('a.example', [])
  expect({ before, after: open }).toEqual({ before: ['t two', 't three'], after: [] })
})

test('FarNames gives a name to another token in one step', () => {
  const { names, open } = make()
  names.set('a.example', [name('one')])
  names.set('a.example', [name('two', 'u')])
  expect(open).toEqual(['u two'])
})
