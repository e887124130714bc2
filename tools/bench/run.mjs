// `pnpm bench`: compares the speed of this program with other ways to carry the same bytes, on this machine. See
// docs/performance.md.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { allCases } from './cases.mjs'
import { readCommandLine, usage } from './command-line.mjs'
import { endOnSignals } from './processes.mjs'
import { reportMarkdown, replaceReport } from './report/page.mjs'
import { plots } from './report/plots.mjs'
import { measureAll, measureStart, memoryFigures, startFigures } from './session.mjs'
import { repositoryRoot } from './systems/find.mjs'
import { allSystems } from './systems/index.mjs'

const outputFolder = join(repositoryRoot, '.cache/bench')
const page = join(repositoryRoot, 'docs/performance.md')
const pageFolder = join(repositoryRoot, 'docs/performance')
const pictureTitles = {
  'throughput.svg': 'Throughput of each system',
  'latency.svg': 'Latency of each system',
  'memory.svg': 'Memory of each system against idle channels',
}

const caseIds = allCases('full').map(({ id }) => id)
const peerIds = allSystems().flatMap(({ id, kind }) => (kind === 'peer' ? [id] : []))

endOnSignals()
try {
  await main(readCommandLine(process.argv.slice(2), { caseIds, peerIds }))
} catch (error) {
  if (!(error instanceof RangeError) && error.code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}

async function main(wanted) {
  if (wanted.help) return process.stdout.write(usage)
  const plan = planOf(wanted)
  if (wanted.list) return list(plan)
  const results =
    wanted.from === undefined ? await measure(plan, wanted) : JSON.parse(readFileSync(wanted.from, 'utf8'))
  write(outputFolder, results)
  const report = reportMarkdown(results, picturesOf(results, '.'))
  writeFileSync(join(outputFolder, 'report.md'), `${report}\n`)
  process.stdout.write(`${report}\n\nAlso in ${outputFolder}\n`)
  if (results.complete) writePage(results)
}

/** Returns what is to be measured, and what cannot be. */
function planOf({ quick, casePrefixes, peers, against }) {
  const cases = allCases(quick ? 'quick' : 'full').filter(
    ({ id }) => casePrefixes?.some((prefix) => id.startsWith(prefix)) ?? true,
  )
  const wanted = allSystems(against).filter(({ id, kind }) => isWanted(id, kind, { quick, peers }))
  const reasons = wanted.map((system) => ({ system, reason: system.missing?.() }))
  return {
    cases,
    systems: reasons.flatMap(({ system, reason }) => (reason === undefined ? [system] : [])),
    missing: reasons.flatMap(({ system: { id, title }, reason }) =>
      reason === undefined ? [] : [{ id, title, reason }],
    ),
  }
}

/** A quick run compares only our program, its limit, and the program that it replaces. */
function isWanted(id, kind, { quick, peers }) {
  if (kind === 'peer') return peers?.includes(id) ?? (!quick || id === 'go')
  return !quick || ['direct', 'relays', 'linksocks', 'other-build'].includes(id)
}

async function measure({ cases, systems, missing }, { rounds, complete, casePrefixes }) {
  const date = new Date().toISOString().slice(0, 10)
  const { values, distributions, failures } = await measureAll({
    systems,
    cases,
    rounds,
    progress: (line) => process.stderr.write(`${line}\n`),
  })
  const figures = [
    ...cases.flatMap(({ group, figures }) => figures.map((figure) => ({ ...figure, group }))),
    ...memoryFigures,
    ...startFigures,
  ]
  const { program } = systems.find(({ id }) => id === 'linksocks')
  const starts = complete || casePrefixes === undefined ? measureStart(program) : {}
  return {
    date,
    commit: currentCommit(),
    command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
    complete,
    rounds,
    machine: describeMachine(),
    systems: systems.map((system) => ({
      id: system.id,
      title: system.title,
      kind: system.kind,
      version: system.version(),
    })),
    missing,
    figures,
    values: { ...values, ...starts },
    distributions,
    failures,
  }
}

function write(folder, results) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`)
  // An earlier run may have drawn more pictures.
  for (const name of Object.keys(pictureTitles)) rmSync(join(folder, name), { force: true })
  for (const [name, svg] of Object.entries(plots(results))) writeFileSync(join(folder, name), svg)
}

function writePage(results) {
  write(pageFolder, results)
  // The page is committed, so it must have the format that `pnpm format:check` requires.
  execFileSync(join(repositoryRoot, 'node_modules/.bin/oxfmt'), [join(pageFolder, 'results.json')])
  const report = reportMarkdown(results, picturesOf(results, 'performance'))
  writeFileSync(page, replaceReport(readFileSync(page, 'utf8'), report))
  process.stdout.write(`Written to ${page}\n`)
}

function picturesOf(results, folder) {
  return Object.keys(plots(results)).map((name) => ({ alt: pictureTitles[name], path: `${folder}/${name}` }))
}

function list({ cases, systems, missing }) {
  const lines = [
    'Cases:',
    ...cases.map(({ id, figures }) => `  ${id.padEnd(20)} ${figures[0].title}`),
    'Systems:',
    ...systems.map(({ id, title }) => `  ${id.padEnd(20)} ${title}`),
    ...missing.map(({ id, title, reason }) => `  ${id.padEnd(20)} ${title}: missing, ${reason}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function describeMachine() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'CPU',
    memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.versions.node,
  }
}

function currentCommit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: repositoryRoot, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
