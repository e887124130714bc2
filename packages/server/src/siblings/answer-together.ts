import type { Snapshot } from '@ls/foundation'
import { type Answer, ApiRefusal } from '@ls/observe/http'
import type { ApiCall, ApiHandler } from '../api/api-call.js'
import { streamEvents } from '../api/calls/live.js'
import { askSibling } from './ask-sibling.js'
import { rules } from './merge-answers.js'
import type { SharedEvents } from './shared-events.js'
import type { Siblings } from './siblings.js'

/** A request that all processes of a server answer together. */
export interface TogetherRequest {
  readonly siblings: Siblings
  /** Events of all processes. */
  readonly events: SharedEvents
  /** Method, with GET for HEAD. */
  readonly method: string
  /** Path of the route, as in the OpenAPI document. */
  readonly route: string
  /** Path of the request, without the query. */
  readonly path: string
  readonly handler: ApiHandler
  readonly call: ApiCall
}

/** Answers a request together with the other processes. @throws ApiRefusal as the handler does */
export async function answerTogether(request: TogetherRequest): Promise<Answer> {
  const { siblings, events, method, route, path, handler, call } = request
  const rule = rules[`${method} ${route}`]
  if (rule === undefined) return handler(call)
  const query = (rule.kind === 'merge' ? rule.queryOf?.(call.query) : undefined) ?? call.query
  const text = query.toString()
  const body = rule.kind === 'all' || rule.kind === 'ticket' ? await call.readBody() : ''
  const ask = async (sent = body): Promise<Answer[]> => {
    const asked = { method, path: text === '' ? path : `${path}?${text}`, body: sent, cookie: call.cookie }
    const answers = await Promise.all(siblings.others().map((socket) => askSibling(socket, asked)))
    return answers.filter((answer) => answer !== undefined)
  }
  const own = async (): Promise<Answer> => handler({ ...call, query, readBody: () => Promise.resolve(body) })
  switch (rule.kind) {
    case 'owner':
      return own().catch((error: unknown) => otherOwner(error, ask))
    case 'othersFirst':
      await ask()
      return own()
    case 'ticket': {
      const answer = await own()
      const { ticket } = answer.body as { readonly ticket?: string }
      if (ticket !== undefined) await ask(JSON.stringify({ ...(JSON.parse(body) as object), ticket }))
      return answer
    }
    case 'events':
      await events.open()
      return streamEvents(events.live, call)
    case 'metrics':
      return handler({ ...call, writeMetrics: await metricsOfAll(siblings, call) })
    case 'all': {
      const first = await own()
      if (first.status !== 200) return first
      const others = await ask()
      return rule.isFirstAnswer === true ? first : (others.find(({ status }) => status !== 200) ?? first)
    }
    default: {
      const { mergeSnapshots } = siblings
      const [first, others] = await Promise.all([own(), ask()])
      return first.status === 200 ? rule.merge([first, ...others], { query: call.query, mergeSnapshots }) : first
    }
  }
}

/** Writer of metrics over the numbers of all processes; undefined where the server has no metrics. */
async function metricsOfAll(siblings: Siblings, { server, writeMetrics }: ApiCall): Promise<ApiCall['writeMetrics']> {
  if (writeMetrics === undefined) return undefined
  const request = { method: 'GET', path: '/api/snapshot', body: '' }
  const answers = await Promise.all(siblings.others().map((socket) => askSibling(socket, request)))
  const others = answers.flatMap((answer) => (answer?.status === 200 ? [answer.body as Snapshot] : []))
  const snapshot = siblings.mergeSnapshots([server.snapshot(), ...others])
  return (accept) => writeMetrics(accept, snapshot)
}

/** Answer of the process that has what this one does not know. @throws the error of this one where none has it */
async function otherOwner(error: unknown, ask: () => Promise<Answer[]>): Promise<Answer> {
  if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
  const found = (await ask()).find(({ status }) => status === 200)
  if (found === undefined) throw error
  return { status: found.status, body: found.body }
}
