import { describe, expect, test } from 'vitest'
import { fullSnapshot } from '../testing/snapshot.js'
import { ExpositionWriter } from './exposition.js'
import { metrics } from './table.js'

async function write(accept?: string): Promise<string> {
  const { body } = await new ExpositionWriter(() => fullSnapshot).write(accept)
  return body
}

describe('ExpositionWriter', () => {
  test('writes Prometheus text with the snapshot of the moment', async () => {
    const lines = (await write()).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE linksocks_channel_bytes_total counter',
        'linksocks_channel_bytes_total{role="forward",protocol="tcp",direction="from_target"} 20',
        'linksocks_sessions{state="waiting"} 1',
        'linksocks_path_channels{path="direct",protocol="tcp"} 3',
        'linksocks_path_changes_total{path="relay",protocol=""} 1',
        'linksocks_link_round_trip_seconds{part="0.5"} 0.02',
        'linksocks_dial_duration_seconds_bucket{le="0.01"} 3',
        'linksocks_dial_duration_seconds_bucket{le="+Inf"} 6',
        'linksocks_dial_duration_seconds_sum 0.06',
        'linksocks_refusals_total{kind="token"} 4',
        'linksocks_tls_certificate_expiry_timestamp_seconds 1800000000',
      ]),
    )
  })

  test('writes OpenMetrics with its end mark if the request accepts it', async () => {
    const { contentType, body } = await new ExpositionWriter(() => fullSnapshot).write(
      'application/openmetrics-text;q=0.9',
    )
    expect({ type: contentType.split(';')[0], ends: body.endsWith('# EOF\n') }).toEqual({
      type: 'application/openmetrics-text',
      ends: true,
    })
  })

  test('names a counter in OpenMetrics without its ending, and its numbers with it', async () => {
    const lines = (await write('application/openmetrics-text')).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE linksocks_refusals counter',
        'linksocks_refusals_total{kind="tls"} 2',
        'linksocks_dial_duration_seconds_count 6',
      ]),
    )
  })

  test('writes the same names each time', async () => {
    const expositor = new ExpositionWriter(() => fullSnapshot)
    await expositor.write('application/openmetrics-text')
    expect((await expositor.write()).body).toContain('# TYPE linksocks_refusals_total counter')
  })

  test('adds what Node knows of the process', async () => {
    expect(await write()).toContain('nodejs_eventloop_lag_p99_seconds')
  })

  test('leaves out the lists of all sockets', async () => {
    expect(await write()).not.toContain('nodejs_active_handles')
  })

  test('writes a line for each token that has a label, and one for the others', async () => {
    const tokens = Array.from({ length: 1001 }, (_none, index) => ({ ...fullSnapshot.tokens[0], token: String(index) }))
    const expositor = new ExpositionWriter(() => ({ ...fullSnapshot, tokens: tokens as typeof fullSnapshot.tokens }))
    const { body } = await expositor.write()
    expect(body.split('\n').filter((line) => line.startsWith('linksocks_token_channels{'))).toHaveLength(1001)
  })
})

describe.each(metrics)('$name', ({ name, type, labels, read }) => {
  test('follows the conventions of Prometheus', () => {
    const isTotal = name.endsWith('_total')
    expect({ wellFormed: /^linksocks_[a-z_]+$/.test(name), isTotal }).toEqual({
      wellFormed: true,
      isTotal: type === 'counter',
    })
  })

  test('has the labels that its row names', () => {
    const found = read(fullSnapshot).map((sample) => Object.keys(sample.labels).filter((label) => label !== 'le'))
    expect(new Set(found.map(String))).toEqual(new Set([String(labels)]))
  })
})
