import type { ReverseToken } from '../src/tokens/token-registry.js'

/** A reverse token without a port, whose providers may add connectors. */
export const reverseToken: ReverseToken = {
  kind: 'reverse',
  token: 'r',
  port: -1,
  host: '127.0.0.1',
  username: undefined,
  password: undefined,
  allowManageConnector: true,
}
