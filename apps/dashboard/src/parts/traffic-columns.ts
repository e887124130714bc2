import type { RateInfo, TrafficInfo } from '../api/lists.js'
import { bytes, duration, rate } from '../texts/format.js'
import { texts } from '../texts/language.js'
import type { Column } from './live-table.js'

/** The columns of speeds, bytes and age. */
export function trafficColumns<Row extends TrafficInfo>(): Column<Row>[] {
  const { list } = texts.value
  return [
    ...rateColumns<Row>(),
    { name: list.age, sort: 'age', isNumber: true, cell: ({ age_ms: age }) => duration(age) },
  ]
}

/** The columns of speeds and bytes. */
export function rateColumns<Row extends RateInfo>(): Column<Row>[] {
  const { list, overview } = texts.value
  return [
    {
      name: overview.down,
      sort: 'rate_from_target',
      isNumber: true,
      cell: ({ rate_from_target: down }) => rate(down ?? 0),
    },
    { name: overview.up, sort: 'rate_to_target', isNumber: true, cell: ({ rate_to_target: up }) => rate(up ?? 0) },
    {
      name: list.moved,
      sort: 'bytes',
      isNumber: true,
      cell: ({ bytes_from_target: down, bytes_to_target: up }) => bytes(down + up),
    },
  ]
}
