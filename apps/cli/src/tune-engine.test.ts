import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { flagsAfterStart, flagsAtStart } from './tune-engine.js'

/** The list of flags in the first script of the program, by its path from here. */
function entryFlags(path: string): string[] {
  const script = readFileSync(new URL(path, import.meta.url), 'utf8')
  const [list = ''] = /\[\s*'--[^\]]*/.exec(script) ?? []
  return Array.from(list.matchAll(/'(--.*?)'/g), ([, flag = '']) => flag)
}

const atEntry = entryFlags('../bin/linksocks.js')
const afterStart = flagsAfterStart(process.versions.v8)

test.each([atEntry, flagsAtStart, afterStart])('the V8 of this Node knows the flags %j, %j', (...flags) => {
  const script = `for (const flag of ${JSON.stringify(flags)}) v8.setFlagsFromString(flag)`
  expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stderr).toBe('')
})

test('the executable begins with the same flags as the command', () => {
  expect(entryFlags('../../../tools/distribution/entry-flags.mjs')).toEqual(atEntry)
})

test('flagsAfterStart lets V8 optimize what the traffic needs', () => {
  // Another thread optimizes, so a loop lasts until that is done; one that is never optimized has a limit.
  const script = `
    const set = (flags) => flags.forEach((flag) => v8.setFlagsFromString(flag))
    set(${JSON.stringify([...atEntry, ...flagsAtStart])})
    v8.setFlagsFromString('--allow-natives-syntax')
    const isOptimized = new Function('sum', 'return %ActiveTierIsTurbofan(sum) || %ActiveTierIsMaglev(sum)')
    const make = () => new Function('count', 'let sum = 0; for (let i = 0; i < count; i++) sum += i % 7; return sum')
    const warm = (sum, limitMs) => {
      for (const end = Date.now() + limitMs; !isOptimized(sum) && Date.now() < end; ) sum(1000)
      return isOptimized(sum)
    }
    const atStart = warm(make(), 200)
    set(${JSON.stringify(afterStart)})
    console.log(JSON.stringify({ atStart, afterStart: warm(make(), 15_000) }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  expect(`${stderr}${stdout}`).toBe('{"atStart":false,"afterStart":true}\n')
})

test('a program that was started with --jitless is not compiled, which would crash it', () => {
  const module = new URL('../dist/tune-engine.js', import.meta.url)
  const script = `
    import { setFlagsFromString } from 'node:v8'
    import { flagsAfterStart } from ${JSON.stringify(module.href)}
    for (const flag of ${JSON.stringify([...atEntry, ...flagsAtStart])}) setFlagsFromString(flag)
    for (const flag of flagsAfterStart(process.versions.v8)) setFlagsFromString(flag)
    const sum = (count) => { let sum = 0; for (let i = 0; i < count; i++) sum += i % 7; return sum }
    for (let i = 0; i < 3000; i++) sum(1000)
    console.log('alive')`
  const args = ['--jitless', '--input-type=module', '-e', script]
  expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toBe('alive\n')
})

test.each(['11.3.244.8-node.33', '12.4.254.21-node.33'])(
  'V8 %s gets back what the first script has changed',
  (version) => {
    const nameOf = (flag: string): string => flag.replace(/^--(?:no-)?/, '').replace(/=.*/, '')
    const back = flagsAfterStart(version).map(nameOf)
    // `--no-opt` is another name of `--no-turbofan`. Node 20 has Maglev, but does not use it.
    const changed = atEntry.map((flag) => nameOf(flag).replace(/^opt$/, 'turbofan'))
    expect(back).toEqual(
      expect.arrayContaining(changed.filter((name) => name !== 'maglev' || !version.startsWith('11.'))),
    )
  },
)

test('flagsAfterStart does not change the compiler of a newer V8', () => {
  expect(flagsAfterStart('12.4.254.21-node.33')).not.toContain('--interrupt-budget=10000')
})

/** Runs `engineStarted` in a process that then uses CPU time, and tells whether it has collected garbage. */
function collectsAfterwards(busyMs: number): boolean {
  const module = new URL('../dist/tune-engine.js', import.meta.url)
  const script = `
    import { constants, PerformanceObserver } from 'node:perf_hooks'
    import { engineStarted } from ${JSON.stringify(module.href)}
    let collected = false
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) collected ||= detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
    }).observe({ entryTypes: ['gc'] })
    engineStarted()
    const start = process.cpuUsage()
    while (process.cpuUsage(start).user < ${busyMs} * 1000) for (let turn = 0; turn < 100_000; turn++);
    // The timer of engineStarted is over by then, however slow the machine is; the observer hears of it a little later.
    setTimeout(() => setTimeout(() => console.log(collected), 200), 700)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return JSON.parse(stderr || stdout) as boolean
}

test('engineStarted collects garbage once the program is idle, except on Node 20, which would keep the pages', () => {
  expect(collectsAfterwards(0)).toBe(!process.versions.v8.startsWith('11.'))
})

test('engineStarted does not collect garbage under load', () => {
  expect(collectsAfterwards(200)).toBe(false)
})
