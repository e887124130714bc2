import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Configures V8 for a process that loads its modules, and then moves bytes. */
export function tuneEngine(): void {
  for (const flag of flagsAtStart) setFlagsFromString(flag)
  setTimeout(optimize, startMs).unref()
}

/**
 * From here on the program has its modules. V8 may optimize as soon as what the start has left behind is collected.
 */
export function engineStarted(): void {
  if (!shrinksWhenCollected(process.versions.v8)) return optimize()
  const { user, system } = process.cpuUsage()
  setTimeout(() => {
    const used = process.cpuUsage()
    if (used.user + used.system - user - system < idleCpuMs * 1000) collectGarbage()
    optimize()
  }, idleMs).unref()
}

/** From here on V8 may optimize, and the size of the young generation depends on the traffic. */
function optimize(): void {
  for (const flag of flagsAfterStart(process.versions.v8)) setFlagsFromString(flag)
}

/** Time without traffic before garbage is collected, in milliseconds: so short that traffic is not slow meanwhile. */
const idleMs = 500

/** CPU time that an idle program may use in {@link idleMs}, in milliseconds. */
const idleCpuMs = 25

/**
 * Collects what the start has left behind, and returns the pages to the system. It takes 20 to 40 ms. Measured for an
 * idle server on Node 26: 2.5 MiB less resident memory. An ordinary collection keeps the pages.
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Whether a `version` of V8 returns pages to the system when it collects: that of Node 20 does not. */
function shrinksWhenCollected(version: string): boolean {
  return !version.startsWith('11.')
}

/**
 * Time after which the start counts as over, in milliseconds: enough to load the modules of any command. A client that
 * still waits for its server may get work from then on.
 */
const startMs = 2000

/** Flags for a `version` of V8 such as `11.3.244`; V8 would print a warning for an unknown one. */
export function flagsAfterStart(version: string): string[] {
  const flags = [...defaults, ...(isJitless() ? [] : compilersOf(version).map((compiler) => `--${compiler}`))]
  return version.startsWith('11.') ? [...flags, earlyCompilation] : flags
}

/** Whether Node was started with `--jitless`: V8 has no WebAssembly then, and crashes when it compiles nevertheless. */
function isJitless(): boolean {
  return !('WebAssembly' in globalThis)
}

/**
 * The compilers of V8. The first script of the program turns them off before it loads anything: the functions that
 * read the command line become hot enough to be compiled, and never run again. Measured for an idle server: 4.5 MiB
 * less resident memory without the optimizing ones, most of it pages of the compiler's own code, and 0.4 MiB without
 * Sparkplug.
 */
function compilersOf(version: string): string[] {
  return ['sparkplug', 'turbofan', ...(version.startsWith('11.') ? [] : ['maglev'])]
}

/**
 * V8 treats memory outside the heap like the growth of a small heap, and marks all of it: under load, where each read
 * of a socket takes 64 KiB, twenty times a second and with 40 % of the CPU time. Without incremental marking that
 * memory is freed with the young generation; a full collection comes only when the heap itself has grown. Measured:
 * bulk through two processes 1.7 times as fast, full collections 90 → 2 in 4 s.
 */
const noMarking = '--no-incremental-marking'

/** Flags for the start, beside those of the first script. */
export const flagsAtStart: readonly string[] = [noMarking]

/**
 * Default of V8. The first script sets 1: loading modules makes the young generation grow to 8 MiB, which V8 never
 * frees while it is idle. Measured: 3 MiB less resident memory of an idle server on Node 20, 8 MiB on Node 26.
 */
const youngDoubles = '--semi-space-growth-factor=2'

/**
 * Defaults of V8 that the first script changes. At the start one thread collects the young generation, and regular
 * expressions are compiled without optimization, so fewer pages are touched. Measured on Node 20 for both: 0.2 to
 * 0.4 MiB less resident memory of a process. `--regexp-interpret-all` cannot be taken back: V8 then crashes.
 */
const defaults = [youngDoubles, '--parallel-scavenge', '--regexp-optimization']

/**
 * Bytes of bytecode that run before a function is compiled; V8's default is 67,584. The code of a connection is spread
 * over hundreds of functions, so it took two thousand connections until most of them were compiled, each at a time when
 * the traffic needed the core. Node 20 only: from V8 12 on a second, faster compiler comes first. Measured, of
 * connections 600 to 2,500: CPU time 1.31 → 0.90 ms, 99th percentile 6.2 → 4.8 ms; from the 6,000th on the same.
 */
const earlyCompilation = '--interrupt-budget=10000'
