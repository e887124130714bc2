import { expect, test } from 'vitest'
import * as direct from './index.js'

test('@ls/direct exports what its README lists', () => {
  expect(Object.keys(direct).toSorted()).toEqual([
    'DirectConnector',
    'DirectConnectors',
    'DirectError',
    'DirectProvider',
    'GoPath',
    'loadPuncher',
    'makeGoPath',
  ])
})
