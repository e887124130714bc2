import { type Answer, ApiRefusal, failure } from '@ls/observe/http'
import { Fields } from '../../policy/fields.js'
import { PolicyFault } from '../../policy/policy-fault.js'
import type { TicketRequest } from '../../tickets/access-ticket.js'
import type { ApiCall } from '../api-call.js'
import { parseObject } from './token-body.js'
import { findToken, labelOf } from './token-list.js'

/** `POST /api/ticket`: creates a ticket for one client, which then needs no token. */
export async function makeTicket(call: ApiCall): Promise<Answer> {
  const { token: reference, ticket: known, ...request } = parseTicketBody(await call.readBody(), call)
  const found = findToken(call.server.tokens(), reference)
  if (found === undefined) return failure(200, 'token does not exist')
  const { token } = found
  const { tickets } = call.server
  const result = made(() => tickets.make({ ...request, token }, known))
  if (!call.isAlone) await tickets.keep({ ...request, token }, result)
  const { ticket, useBeforeMs } = result
  call.logger.info({ tenant: labelOf(found) }, 'management API: a ticket was made')
  return { status: 200, body: { success: true, ticket, use_before: new Date(useBeforeMs).toISOString() } }
}

/** `DELETE /api/ticket/{ticket}`: revokes a ticket. */
export function removeTicket({ server, parameter, isAlone }: ApiCall): Answer {
  return server.tickets.remove(parameter, { isLast: !isAlone })
    ? { status: 200, body: { success: true } }
    : failure(200, 'ticket does not exist')
}

/** A request, with the text of a ticket that another process of the server has created. */
interface ParsedTicket extends TicketRequest {
  readonly ticket?: string
}

/**
 * Parses the body of a request. Deployed servers have no tickets, so a misspelt limit is an error here, unlike for
 * tokens. @throws ApiRefusal 400
 */
export function parseTicketBody(text: string, { isAlone = false }: { readonly isAlone?: boolean } = {}): ParsedTicket {
  const json = parseObject(text)
  return made(() => {
    const own = isAlone ? ['ticket'] : []
    const fields = new Fields(json, [], ['token', 'allow', 'deny', 'origin', 'use_within', 'lifetime', ...own])
    const token = fields.text('token', 255)
    if (token === undefined) throw new PolicyFault(['token'], 'is missing')
    const [useWithin, lifetime] = [fields.integer('use_within', 1, 3600), fields.integer('lifetime', 1, maxLifetime)]
    return {
      token,
      ...given('ticket', isAlone ? fields.text('ticket', 255) : undefined),
      ...given('allow', fields.texts('allow', 1000)),
      ...given('deny', fields.texts('deny', 1000)),
      ...given('origin', fields.text('origin', 1000)),
      ...given('useWithinMs', useWithin && useWithin * 1000),
      ...given('lifetimeMs', lifetime && lifetime * 1000),
    }
  })
}

/** Longest lifetime, in seconds: a week. Use a token for longer. */
const maxLifetime = 604_800

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}

function made<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ApiRefusal(400, `invalid request body: ${error.message}`)
  }
}
