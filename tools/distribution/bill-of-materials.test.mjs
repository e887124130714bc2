import { expect, test } from 'vitest'
import { licenseOf } from './bill-of-materials.mjs'

test.each([
  ['MIT', { license: { id: 'MIT' } }],
  ['(BSD-3-Clause OR GPL-2.0)', { expression: '(BSD-3-Clause OR GPL-2.0)' }],
  ['MPL 2.0', { license: { name: 'MPL 2.0' } }],
])('licenseOf(%j) is what the schema of CycloneDX allows for it', (text, licence) => {
  expect(licenseOf(text)).toEqual(licence)
})
