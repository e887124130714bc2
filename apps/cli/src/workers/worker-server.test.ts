import { expect, test } from 'vitest'
import { exposedHere } from './worker-server.js'

const texts = ['udp:53=localhost:53', '80=localhost:80', 'http:a.example=localhost:80']

test.each([
  ['a single process', undefined, texts],
  ['the first worker', { index: 0 }, texts],
  ['another worker', { index: 1 }, texts.slice(1)],
])('exposedHere gives %s its ports', (_what, worker, expected) => {
  expect(exposedHere(texts, worker)).toEqual(expected)
})
