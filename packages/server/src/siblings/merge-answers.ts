import type { Snapshot } from '@ls/foundation'
import type { Answer } from '@ls/observe/http'
import { maxListedChannels } from '../api/calls/channels.js'
import { mergePages, queryOfPart } from './merge-pages.js'
import type { Siblings } from './siblings.js'

/** How the processes of a server answer a request together. Without a rule the one that was asked answers alone. */
export type MergeRule =
  /** All processes are asked, and the bodies of their answers are merged. */
  | {
      readonly kind: 'merge'
      merge(answers: readonly [Answer, ...Answer[]], context: MergeContext): Answer
      /** Query for each. @default that of the request */
      queryOf?(query: URLSearchParams): URLSearchParams
    }
  /** The process that has the object answers; the others do not know it. */
  | { readonly kind: 'owner' }
  /**
   * All processes do it; the first refusal is the answer. With `isFirstAnswer` the refusals of the others do not count.
   */
  | { readonly kind: 'all'; readonly isFirstAnswer?: true }
  /** The numbers of all processes, written for Prometheus. */
  | { readonly kind: 'metrics' }
  /** The events of all, as one stream. */
  | { readonly kind: 'events' }
  /** The process that gets the request makes a ticket; all others have it before the answer is sent. */
  | { readonly kind: 'ticket' }
  /** Each process does it; the one that gets the request does it last, and its answer counts. */
  | { readonly kind: 'othersFirst' }

interface MergeContext extends Pick<Siblings, 'mergeSnapshots'> {
  readonly query: URLSearchParams
}

type Row = Readonly<Record<string, unknown>>

const pages: MergeRule = {
  kind: 'merge',
  merge: ([own, ...others], { query }) => ({ ...own, body: mergePages(bodiesOf([own, ...others]), query) }),
  queryOf: queryOfPart,
}

/** In a cluster, the other processes may have removed the token before they are asked. */
const removal: MergeRule = { kind: 'all', isFirstAnswer: true }

/** Rules by method and route. */
export const rules: Readonly<Record<string, MergeRule>> = {
  'GET /api/status': { kind: 'merge', merge: mergeStatus },
  'GET /api/tokens': {
    kind: 'merge',
    merge: ([own, ...others]) => ({ ...own, body: addClients('id', own.body, bodiesOf(others)) }),
  },
  'GET /api/token/{token}': {
    kind: 'merge',
    merge: ([own, ...others]) => ({ ...own, body: addClients('id', [own.body], bodiesOf(others).map(inList))[0] }),
  },
  'GET /api/channels': { kind: 'merge', merge: mergeChannels },
  'GET /api/ports': { kind: 'merge', merge: ([own, ...others]) => ({ ...own, body: concat([own, ...others]) }) },
  'GET /api/links': pages,
  'GET /api/connections': pages,
  'GET /api/snapshot': {
    kind: 'merge',
    merge: ([own, ...others], { mergeSnapshots }) => {
      return { ...own, body: mergeSnapshots(bodiesOf([own, ...others]) as Snapshot[]) }
    },
  },
  'GET /api/metrics': { kind: 'metrics' },
  'GET /api/readyz': { kind: 'merge', merge: (answers) => answers.find(({ status }) => status !== 200) ?? answers[0] },
  'DELETE /api/channels/{id}': { kind: 'owner' },
  'DELETE /api/connections/{id}': { kind: 'owner' },
  'DELETE /api/links/{id}': { kind: 'owner' },
  'DELETE /api/token': removal,
  'DELETE /api/token/{token}': removal,
  'POST /api/reload': { kind: 'all' },
  'POST /api/log-level': { kind: 'all' },
  'POST /api/ticket': { kind: 'ticket' },
  // The process that gets the request forgets the ticket last, since it then also forgets which client has used it.
  'DELETE /api/ticket/{ticket}': { kind: 'othersFirst' },
  'GET /api/events': { kind: 'events' },
  // A session that has ended must not be accepted by any process.
  'DELETE /api/session': removal,
}

function mergeStatus([own, ...others]: readonly [Answer, ...Answer[]]): Answer {
  const tokensOf = (body: unknown): readonly Row[] => (body as { readonly tokens: readonly Row[] }).tokens
  const tokens = addClients('token', tokensOf(own.body), bodiesOf(others).map(tokensOf))
  return { ...own, body: { ...(own.body as object), tokens } }
}

function mergeChannels(answers: readonly [Answer, ...Answer[]]): Answer {
  const total = answers.reduce((sum, { headers }) => sum + Number(headers?.['x-total-count'] ?? 0), 0)
  const body = concat(answers).slice(0, maxListedChannels)
  return { ...answers[0], body, headers: { 'x-total-count': String(total) } }
}

/** Adds the clients of other processes to the rows of tokens. */
function addClients(key: string, own: unknown, others: readonly unknown[]): Row[] {
  const counts = new Map<unknown, number>()
  for (const row of others.flatMap((rows) => rows as readonly Row[]))
    counts.set(row[key], (counts.get(row[key]) ?? 0) + Number(row['clients_count'] ?? 0))
  return (own as readonly Row[]).map((row) => {
    // A refusal has no count.
    if (typeof row['clients_count'] !== 'number') return row
    return { ...row, clients_count: row['clients_count'] + (counts.get(row[key]) ?? 0) }
  })
}

function concat(answers: readonly Answer[]): unknown[] {
  return bodiesOf(answers).flatMap((body) => body as unknown[])
}

function inList(body: unknown): readonly unknown[] {
  return [body]
}

/** Bodies of the answers that are not refusals. */
function bodiesOf(answers: readonly Answer[]): unknown[] {
  return answers.filter(({ status, body }) => status === 200 && body !== undefined).map(({ body }) => body)
}
