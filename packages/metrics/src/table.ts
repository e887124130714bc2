import { channelMetrics } from './channel-metrics.js'
import { clusterMetrics } from './cluster-metrics.js'
import { latency } from './latency.js'
import { type Metric, type Sample, single } from './metric.js'
import { pathMetrics } from './path-metrics.js'

/** All metrics of this project; the reference page is generated from them. */
export const metrics: readonly Metric[] = [
  {
    name: 'linksocks_build_info',
    type: 'gauge',
    help: 'Version and kind of the program, and the Node it runs on; always 1',
    labels: ['program', 'version', 'node'],
    read: ({ program, version }) => [{ labels: { program, version, node: process.versions.node }, value: 1 }],
  },
  single({ name: 'linksocks_ready', type: 'gauge', help: 'Whether /readyz answers 200: 1 or 0' }, ({ readiness }) =>
    readiness.ready ? 1 : 0,
  ),
  {
    name: 'linksocks_sessions',
    type: 'gauge',
    help: 'Sessions by state: up, or waiting for their link to come back',
    labels: ['state'],
    read: ({ links }) => [
      { labels: { state: 'up' }, value: links.up },
      { labels: { state: 'waiting' }, value: links.waiting },
    ],
  },
  single(
    { name: 'linksocks_sessions_opened_total', type: 'counter', help: 'Sessions that began' },
    ({ links }) => links.opened,
  ),
  single(
    { name: 'linksocks_sessions_resumed_total', type: 'counter', help: 'Links that continued a session after a loss' },
    ({ links }) => links.resumed,
  ),
  {
    name: 'linksocks_sessions_ended_total',
    type: 'counter',
    help: 'Sessions that ended: closed, or lost since their link did not come back in time',
    labels: ['reason'],
    read: ({ links }) => [
      { labels: { reason: 'closed' }, value: links.closed },
      { labels: { reason: 'lost' }, value: links.lost },
    ],
  },
  {
    name: 'linksocks_link_round_trip_seconds',
    type: 'gauge',
    help: 'Last measured round trips of all links, as quantiles: part 0.5 is the median, part 1 the longest',
    labels: ['part'],
    read: ({ links }) => quantiles(links.roundTripsMs),
  },
  single(
    { name: 'linksocks_replay_bytes', type: 'gauge', help: 'Bytes kept for resending after a loss, over all sessions' },
    ({ links }) => links.replayBytes,
  ),
  single(
    {
      name: 'linksocks_in_flight_bytes',
      type: 'gauge',
      help: 'Bytes that links have sent and their peers have not acknowledged, over all links that are up',
    },
    ({ links }) => links.inFlightBytes,
  ),
  single(
    {
      name: 'linksocks_link_buffered_bytes',
      type: 'gauge',
      help: 'Bytes in the send buffers of all links, which the network has not accepted',
    },
    ({ links }) => links.bufferedBytes,
  ),
  ...channelMetrics,
  ...pathMetrics,
  ...clusterMetrics,
  {
    name: 'linksocks_refusals_total',
    type: 'counter',
    help: 'Connections and clients refused, by kind',
    labels: ['kind'],
    read: ({ refusals }) => Object.entries(refusals).map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'linksocks_limit_used',
    type: 'gauge',
    help: 'Use of each limit, in bytes or entries',
    labels: ['limit', 'unit'],
    read: ({ limits }) => limits.map(({ name, unit, used }) => ({ labels: { limit: name, unit }, value: used })),
  },
  {
    name: 'linksocks_limit_max',
    type: 'gauge',
    help: 'Value of each limit, in bytes or entries',
    labels: ['limit', 'unit'],
    read: ({ limits }) => limits.map(({ name, unit, limit }) => ({ labels: { limit: name, unit }, value: limit })),
  },
  latency('linksocks_dial_duration_seconds', 'Time of successful dials to targets', ({ dialMs }) => dialMs),
  latency(
    'linksocks_dns_duration_seconds',
    'Time of name lookups for targets that needed a query',
    ({ lookupMs }) => lookupMs,
  ),
  {
    name: 'linksocks_config_reloads_total',
    type: 'counter',
    help: 'How often the configuration was read again, by outcome: ok, or failed: the former configuration then stays in force',
    labels: ['outcome'],
    read: ({ reloads }) =>
      reloads === undefined
        ? []
        : [
            { labels: { outcome: 'ok' }, value: reloads.succeeded },
            { labels: { outcome: 'failed' }, value: reloads.failed },
          ],
  },
  single(
    {
      name: 'linksocks_config_last_reload_success_timestamp_seconds',
      type: 'gauge',
      help: 'When a configuration that was read again last came into force, in seconds since 1970',
    },
    ({ reloads }) => (reloads?.lastSuccessAtMs === undefined ? undefined : reloads.lastSuccessAtMs / 1000),
  ),
  single(
    {
      name: 'linksocks_tls_certificate_expiry_timestamp_seconds',
      type: 'gauge',
      help: 'When the certificate of the WebSocket port expires, in seconds since 1970; only with TLS',
    },
    ({ certificateExpiresAtMs: ms }) => (ms === undefined ? undefined : ms / 1000),
  ),
]

/** Median, 99th percentile and maximum, in seconds, of ascending times in milliseconds; empty without times. */
function quantiles(sortedMs: readonly number[]): Sample[] {
  return shown.flatMap((part) => {
    const ms = sortedMs[Math.ceil(part * sortedMs.length) - 1]
    return ms === undefined ? [] : [{ labels: { part: String(part) }, value: ms / 1000 }]
  })
}

const shown = [0.5, 0.99, 1]
