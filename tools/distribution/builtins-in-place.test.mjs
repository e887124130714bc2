import { expect, test } from 'vitest'
import { builtinsInPlace } from './builtins-in-place.mjs'

test.each([
  ['import{a,b as c}from"node:http";', 'const{a,b:c}=process.getBuiltinModule("node:http");'],
  ['import path from"node:path";', 'const path=process.getBuiltinModule("node:path");'],
  ['import*as fs from"node:fs";', 'const fs=process.getBuiltinModule("node:fs");'],
  [
    'import fs,{a}from"node:fs/promises";',
    'const fs=process.getBuiltinModule("node:fs/promises");const{a}=process.getBuiltinModule("node:fs/promises");',
  ],
  ['import{a}from"./chunk.js";', 'import{a}from"./chunk.js";'],
])('%s becomes %s', (text, expected) => {
  expect(builtinsInPlace(text)).toBe(expected)
})

test('a form that it does not know is an error', () => {
  expect(() => builtinsInPlace('export{a}from"node:http";')).toThrow('export{a}from"node:http"')
})
