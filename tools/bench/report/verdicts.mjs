import { median, pairedRatio } from './statistics.mjs'
import { formatNumber, markdownTable } from './table.mjs'

const bulk = ['down', 'up'].flatMap((direction) => [1, 8].map((streams) => `bulk-${direction}-${streams}`))
const latencies = ['connect-p50', 'connect-p99', 'round-trip-p50', 'round-trip-p99']

/**
 * The targets of this program. `ratio` compares a figure of ours with the worst of the others: the smallest ratio for
 * `higher`, the largest for `lower`. `peers` stands for every measured peer.
 */
const targets = [
  ...bulk.flatMap((id) => [
    higher(`${id}-64k`, 'relays', 0.9),
    higher(`${id}-64k`, 'go', 1.5),
    higher(`${id}-64k`, ['chisel', 'gost', 'v2ray', 'v2ray-mux'], 1),
    lower(`${id}-64k-cpu`, 'go', 1),
  ]),
  ...bulk.map((id) => higher(`${id}-1k`, 'go', 2)),
  ...latencies.map((id) => lower(id, 'peers', 1)),
  lower('close-p50', 'direct', 2),
  lower('beside-bulk-p99', 'go', 0.2),
  { ...lower('beside-bulk-p99', 'linksocks', 10), than: 'round-trip-p99' },
  higher('path-down-1', 'direct', 0.8),
  { figure: 'channel-memory', atMost: 40 },
  { figure: 'channels-10000-message', than: 'channels-100-message', others: ['linksocks'], lower: 1.2 },
  ...bulk.map((id) => ({ ...higher(`${id}-64k`, 'linksocks', 0.6), ours: 'linksocks-agent' })),
  { figure: 'start-version', than: 'start-node', others: ['linksocks'], lower: 1.5 },
]

/**
 * Returns each target whose figures and systems are part of this run, with the measured value and whether the target
 * was reached.
 *
 * @returns {Array<{ row: string, figure: string, target: string, met: boolean | undefined }>} `met` is undefined where
 * something is missing or failed.
 */
export function judge(results) {
  const figures = new Set(results.figures.map(({ id }) => id))
  const systems = new Set([...results.systems, ...results.missing].map(({ id }) => id))
  const wanted = ({ figure, than = figure, ours = 'linksocks', others = [ours] }) =>
    figures.has(figure) &&
    figures.has(than) &&
    systems.has(ours) &&
    others.some((id) => id === 'peers' || systems.has(id))
  return targets.filter(wanted).map((target) => judgeOne(target, results))
}

export function verdictTable(results) {
  const rows = judge(results).map(({ row, figure, target, met }) => [row, figure, target, word(met)])
  return markdownTable(['', 'measured', 'target', ''], rows, ['---', '---', '---', '---'])
}

function higher(figure, others, least) {
  return { figure, others: [others].flat(), higher: least }
}

function lower(figure, others, most) {
  return { figure, others: [others].flat(), lower: most }
}

function judgeOne(target, results) {
  const { figure, ours = 'linksocks' } = target
  const own = results.values[figure]?.[ours]
  const subject = nameOf(figure, results)
  const row = ours === 'linksocks' ? subject : `${titleOf(ours, results)}: ${subject}`
  return { row, ...(target.atMost === undefined ? judgeRatio(target, own, results) : judgeValue(target, own, results)) }
}

function judgeValue({ figure, atMost }, own, { figures }) {
  const { unit } = figures.find(({ id }) => id === figure)
  const value = median(own)
  const measured = value === undefined ? notMeasured : `${formatNumber(value)} ${unit}`
  return { figure: measured, target: `≤ ${atMost} ${unit}`, met: value === undefined ? undefined : value <= atMost }
}

function judgeRatio(target, own, results) {
  const { figure, than = figure } = target
  const worst = worstRatio(target, own, results)
  const rivals = than === figure ? titlesOf(target.others, results) : nameOf(than, results)
  const wanted = target.higher === undefined ? `≤ ${target.lower} × ${rivals}` : `≥ ${target.higher} × ${rivals}`
  if (worst === undefined) return { figure: notMeasured, target: wanted, met: undefined }
  const { id, ratio } = worst
  const measured = `${formatNumber(ratio)} ×${than === figure ? ` ${titleOf(id, results)}` : ''}`
  return {
    figure: measured,
    target: wanted,
    met: target.higher === undefined ? ratio <= target.lower : ratio >= target.higher,
  }
}

function worstRatio({ figure, than = figure, others, higher }, own, { values, systems }) {
  const ids = others.flatMap((id) => (id === 'peers' ? peersAmong(systems) : [id]))
  const ratios = ids
    .map((id) => ({ id, ratio: pairedRatio(own, values[than]?.[id]) }))
    .filter(({ ratio }) => ratio !== undefined)
  return ratios.toSorted((a, b) => (higher === undefined ? b.ratio - a.ratio : a.ratio - b.ratio))[0]
}

function peersAmong(systems) {
  return systems.filter(({ kind }) => kind === 'peer').map(({ id }) => id)
}

function nameOf(figure, { figures }) {
  return figures.find(({ id }) => id === figure).title
}

/** Returns the title of a system; its id if this run does not have the system. */
function titleOf(id, { systems, missing }) {
  if (id === 'peers') return 'every peer'
  return [...systems, ...missing].find((system) => system.id === id)?.title ?? id
}

function titlesOf(ids, results) {
  return ids.map((id) => titleOf(id, results)).join(', ')
}

function word(met) {
  if (met === undefined) return '–'
  return met ? 'reached' : '**short**'
}

const notMeasured = 'not measured'
