import type { Snapshot, TrafficCounts } from '@ls/foundation'
import type { Metric, Sample } from './metric.js'

/** Metrics of channels: proxied connections and UDP associations. */
export const channelMetrics: readonly Metric[] = [
  {
    name: 'linksocks_channels',
    type: 'gauge',
    help: 'Channels open now',
    labels: ['role', 'protocol'],
    read: (snapshot) => byKind(snapshot, ({ open }) => open),
  },
  {
    name: 'linksocks_channels_ended_total',
    type: 'counter',
    help: 'Channels that ended, by outcome: ok, aborted, cancelled, link-lost, or the word for a target that was not reached',
    labels: ['role', 'protocol', 'outcome'],
    read: ({ endedChannels }) =>
      endedChannels.map(({ role, protocol, outcome, count }) => ({
        labels: { role, protocol, outcome },
        value: count,
      })),
  },
  {
    name: 'linksocks_channel_bytes_total',
    type: 'counter',
    help: 'Payload bytes of channels, uncompressed, open ones included',
    labels: ['role', 'protocol', 'direction'],
    read: ({ traffic }) => traffic.flatMap(bothDirections),
  },
  {
    name: 'linksocks_channel_queued_bytes',
    type: 'gauge',
    help: 'Bytes received and not yet read by the program or target that they are for',
    labels: ['role', 'protocol'],
    read: (snapshot) => byKind(snapshot, ({ queuedBytes }) => queuedBytes),
  },
  {
    name: 'linksocks_channel_unsent_bytes',
    type: 'gauge',
    help: 'Bytes accepted for a link and not given to it yet: they wait for credit of the peer, or for their turn',
    labels: ['role', 'protocol'],
    read: (snapshot) => byKind(snapshot, ({ unsentBytes }) => unsentBytes),
  },
  {
    name: 'linksocks_window_stalls_total',
    type: 'counter',
    help: 'How often a channel could send nothing until its peer granted more, since the far reader is slow or the window small',
    labels: ['role', 'protocol'],
    read: (snapshot) => byKind(snapshot, ({ windowStalls }) => windowStalls),
  },
  {
    name: 'linksocks_datagrams_total',
    type: 'counter',
    help: 'Datagrams passed on',
    labels: ['role', 'direction'],
    read: ({ traffic }) =>
      traffic
        .filter(({ protocol }) => protocol === 'udp')
        .flatMap(({ role, datagramsToTarget, datagramsFromTarget }) =>
          directions({ role }, datagramsToTarget, datagramsFromTarget),
        ),
  },
  {
    name: 'linksocks_datagrams_dropped_total',
    type: 'counter',
    help: 'Datagrams dropped: a queue was full, or they were not allowed',
    labels: ['role'],
    read: ({ traffic }) =>
      traffic
        .filter(({ protocol }) => protocol === 'udp')
        .map(({ role, droppedDatagrams }) => ({ labels: { role }, value: droppedDatagrams })),
  },
  {
    name: 'linksocks_token_channels',
    type: 'gauge',
    help: 'Channels open now, by token; a token is the name in its policy or its id, and other stands for all past the first 1000',
    labels: ['token'],
    read: ({ tokens }) => tokens.map(({ token, open }) => ({ labels: { token }, value: open })),
  },
  {
    name: 'linksocks_token_channels_ended_total',
    type: 'counter',
    help: 'Channels that ended, by token',
    labels: ['token'],
    read: ({ tokens }) => tokens.map(({ token, ended }) => ({ labels: { token }, value: ended })),
  },
  {
    name: 'linksocks_token_bytes_total',
    type: 'counter',
    help: 'Payload bytes of channels, by token',
    labels: ['token', 'direction'],
    read: ({ tokens }) =>
      tokens.flatMap(({ token, bytesToTarget, bytesFromTarget }) =>
        directions({ token }, bytesToTarget, bytesFromTarget),
      ),
  },
  {
    name: 'linksocks_quota_used_bytes',
    type: 'gauge',
    help: 'Bytes that a token has moved in this day or month, for tokens with a quota; a token is the name in its policy, or its id',
    labels: ['token', 'period'],
    read: ({ quotas = [] }) =>
      quotas.map(({ token, period, usedBytes }) => ({ labels: { token, period }, value: usedBytes })),
  },
  {
    name: 'linksocks_quota_limit_bytes',
    type: 'gauge',
    help: 'Bytes that the quota of a token allows in a day or month',
    labels: ['token', 'period'],
    read: ({ quotas = [] }) =>
      quotas.map(({ token, period, limitBytes }) => ({ labels: { token, period }, value: limitBytes })),
  },
]

function byKind({ traffic }: Snapshot, valueOf: (counts: TrafficCounts) => number): Sample[] {
  return traffic.map((counts) => ({ labels: { role: counts.role, protocol: counts.protocol }, value: valueOf(counts) }))
}

function bothDirections({ role, protocol, bytesToTarget, bytesFromTarget }: TrafficCounts): Sample[] {
  return directions({ role, protocol }, bytesToTarget, bytesFromTarget)
}

function directions(labels: Sample['labels'], toTarget: number, fromTarget: number): Sample[] {
  return [
    { labels: { ...labels, direction: 'to_target' }, value: toTarget },
    { labels: { ...labels, direction: 'from_target' }, value: fromTarget },
  ]
}
