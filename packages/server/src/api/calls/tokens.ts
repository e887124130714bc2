import { type Answer, ApiRefusal, failure } from '@ls/observe/http'
import { faultOf, type ReverseTokenRequest } from '../../tokens/token-requests.js'
import { tokenId } from '../../tokens/token-text.js'
import type { ApiCall } from '../api-call.js'
import { parseTokenBody, type TokenBody } from './token-body.js'
import { findToken, labelOf, noPort } from './token-list.js'

/** `POST /api/token`: registers a token of any kind. */
export async function addToken(call: ApiCall): Promise<Answer> {
  const body = parseTokenBody(await call.readBody())
  // A connector token that existed before must survive a write that fails.
  const isNew = body.type !== 'connector' || call.server.tokens().every(({ token }) => token !== body.token)
  const added = add(call, body)
  await call.server.keepToken(added.token, { isNew })
  call.logger.info(
    { tenant: labelOf({ id: tokenId(added.token), policy: body.policy?.options }), type: body.type },
    'management API: a token was added',
  )
  return { status: 200, body: { success: true, ...added } }
}

/** `DELETE /api/token/{token}`, or with the token in the body: removes it and disconnects its users. */
export async function removeToken(call: ApiCall): Promise<Answer> {
  const reference = call.parameter || (await readToken(call))
  if (reference === undefined) return failure(200, 'token not specified')
  const found = findToken(call.server.tokens(), reference)
  const token = found?.token ?? reference
  // The answer for a mistyped token must differ from that for a revoked one.
  if (!(await call.server.removeToken(token))) return failure(200, 'token does not exist')
  call.logger.info({ tenant: labelOf(found ?? { id: tokenId(token) }) }, 'management API: a token was removed')
  return { status: 200, body: { success: true, token } }
}

interface Added {
  readonly token: string
  readonly port?: number
}

function add({ server }: ApiCall, body: TokenBody): Added {
  const { policy } = body
  assertNameIsFree(server, policy?.options.name)
  const options = { policy }
  switch (body.type) {
    case 'forward':
      return { token: server.addForwardToken(body.token, options) }
    case 'reverse':
      return addReverse(server, body)
    case 'connector': {
      const { token, reverseToken } = body
      if (reverseToken === undefined) throw new ApiRefusal(200, 'reverse_token is required for connector token')
      return {
        token: server.addConnectorToken({ reverseToken, ...options, token }),
      }
    }
    default:
      throw new ApiRefusal(400, 'invalid token type')
  }
}

function addReverse(server: ApiCall['server'], { port, ...body }: TokenBody): Added {
  // Deployed servers open no port in autonomy: it would bypass the connector tokens.
  const socksPort = body.allowManageConnector === true || port === noPort ? 'none' : port
  const request: ReverseTokenRequest = { ...body, socksPort }
  const fault = faultOf(request)
  if (fault !== undefined) throw new ApiRefusal(200, fault)
  const { token, port: taken = noPort } = server.addReverseToken(request)
  return { token, port: taken }
}

/**
 * Checks that a name leads to one token, in the log and in later calls. Files are checked by their reader: a reload may
 * give a name to a new token before the old one is removed.
 */
function assertNameIsFree(server: ApiCall['server'], name: string | undefined): void {
  if (name === undefined || server.tokens().every(({ policy }) => policy?.name !== name)) return
  throw new ApiRefusal(409, `a token with the name "${name}" exists already; choose another name, or revoke that token`)
}

/** The token in the body, if there is a body at all. */
async function readToken(call: ApiCall): Promise<string | undefined> {
  const text = await call.readBody()
  return text === '' ? undefined : parseTokenBody(text).token
}
