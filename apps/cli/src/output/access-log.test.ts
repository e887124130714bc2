import type { ConnectionRecord } from '@ls/server'
import { expect, test } from 'vitest'
import { AccessLog } from './access-log.js'
import { Redactor } from './redactor.js'

const record: ConnectionRecord = {
  tenant: '0a1b2c3d4e5f',
  role: 'forward',
  peer: '203.0.113.7',
  protocol: 'tcp',
  target: 'example.org:443',
  bytesToTarget: 10,
  bytesFromTarget: 200,
  durationMs: 15,
  reason: 'ok',
}

function logWith(write: (text: string) => boolean): AccessLog {
  return new AccessLog({ write }, new Redactor())
}

test('AccessLog writes a JSON object a line', () => {
  const written: string[] = []
  logWith((text) => written.push(text) > 0).add(record)
  expect(JSON.parse(written.join(''))).toEqual({ time: expect.any(String) as string, ...record })
})

test('AccessLog reports in front of the next line how many were lost', () => {
  const written: string[] = []
  const answers = [false, false, true]
  const log = logWith((text) => {
    const isWritten = answers.shift() ?? true
    if (isWritten) written.push(text)
    return isWritten
  })
  for (let count = 0; count < 4; count++) log.add(record)
  const lines = written.join('').trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { lostLines?: number }).lostLines)).toEqual([2, undefined, undefined])
})
