import { expect, test } from 'vitest'
import { freePort, parseStat, ProcessGroup } from './processes.mjs'

const rest = 'S 7 12 12 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 11 0'

test('parseStat counts fields from the last parenthesis', () => {
  expect(parseStat(`12 (a) (b) c) ${rest}`)).toEqual({ pid: 12, parent: 7, cpuTicks: 200 })
})

test('parseStat gives nothing for a process that is gone', () => {
  expect(parseStat('')).toBeUndefined()
})

test('ProcessGroup has no figures without processes', () => {
  expect(new ProcessGroup().cpuSeconds()).toBeNaN()
})

test('ProcessGroup.start rejects with what a program said that ended', async () => {
  const group = new ProcessGroup()
  const program = [process.execPath, '-e', 'console.error("no such luck"); process.exit(1)']
  await expect(group.start(program, await freePort())).rejects.toThrow('no such luck')
})

test('ProcessGroup measures memory of a program until it is stopped', async () => {
  const group = new ProcessGroup()
  const port = await freePort()
  await group.start([process.execPath, '-e', `require("net").createServer().listen(${port}, "127.0.0.1")`], port)
  const mebibytes = group.residentMebibytes()
  await group.stop()
  expect(mebibytes).toBeGreaterThan(1)
})
