import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readLine } from './json-line.js'

test('readLine leaves the bytes behind the line in the stream', async () => {
  const stream = new PassThrough()
  stream.write('{"purpose":"link"}\nGET /socket')
  expect({ line: await readLine(stream), rest: String(stream.read()) }).toEqual({
    line: { purpose: 'link' },
    rest: 'GET /socket',
  })
})

test.each([
  ['whose end has not arrived', ''],
  ['whose end has arrived', '\n'],
])('readLine refuses a line of more than 4096 bytes %s', async (_what, end) => {
  const stream = new PassThrough()
  stream.write(`"${'a'.repeat(4095)}"${end}`)
  await expect(readLine(stream)).rejects.toThrow('a line of more than 4096 bytes')
})
