import { LinkSocksClient } from '@ls/client'
import { ClusterNode, type ClusterStore } from '@ls/cluster'
import { LinkSocksServer, type ReverseTokenRequest } from '@ls/server'
import { until } from '@ls/testkit'
import { afterTest, closing } from '../../stress/cleanup.js'

/** A text of the 32 characters that a secret needs. */
const secret = 'a secret that all nodes of a test share'

/** A server that is a node. */
export interface TestNode {
  readonly server: LinkSocksServer
  readonly node: ClusterNode
  readonly url: string
  readonly port: number
  /** Ends the server and the node. */
  leave(): Promise<void>
}

/** Starts node `index`, whose SOCKS ports are on an address of its own. */
export async function startNode(store: ClusterStore, index: number): Promise<TestNode> {
  const node = new ClusterNode({ store, secret })
  const server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    proxy: { host: `127.0.0.${index + 1}` },
    nodes: node,
    sessionOwners: node,
  })
  await node.join(server)
  await server.listen()
  const close = async (): Promise<void> => {
    await server.close()
    await node.close()
  }
  afterTest(close)
  const port = server.address?.port ?? 0
  return { server, node, port, url: `ws://127.0.0.1:${port}`, leave: close }
}

/** Starts nodes, and waits until they are connected. */
export async function startNodes(stores: readonly ClusterStore[]): Promise<TestNode[]> {
  const nodes: TestNode[] = []
  for (const [index, store] of stores.entries()) nodes.push(await startNode(store, index))
  const knowsAll = ({ node }: TestNode): boolean =>
    node.status.nodes.filter(({ state }) => state === 'up').length === stores.length - 1
  await until(() => nodes.every(knowsAll), 'all nodes know each other')
  return nodes
}

/** Adds a token for providers at the first node; resolves when all nodes have it. */
export function shareReverse(nodes: readonly TestNode[], request: ReverseTokenRequest): Promise<string> {
  return share(nodes, (server) => server.addReverseToken(request).token)
}

/** Adds the token `shared` for clients at the first node; resolves when all nodes have it. */
export function shareForward(nodes: readonly TestNode[]): Promise<string> {
  return share(nodes, (server) => server.addForwardToken('shared'))
}

/** Adds the token `visitor` for connectors at the first node; resolves when all nodes have it. */
export function shareConnector(nodes: readonly TestNode[], reverseToken: string): Promise<string> {
  return share(nodes, (server) => server.addConnectorToken({ token: 'visitor', reverseToken }))
}

async function share(nodes: readonly TestNode[], add: (server: TestNode['server']) => string): Promise<string> {
  const [first] = nodes
  if (first === undefined) throw new TypeError('no node')
  const token = add(first.server)
  await first.server.keepToken(token)
  await until(() => nodes.every((each) => has(each, token)), 'the token is everywhere')
  return token
}

export function has({ server }: TestNode, token: string): boolean {
  return server.tokens().some((each) => each.token === token)
}

/** Starts a provider at a node, and waits until the other nodes have its entry. */
export async function startProvider(
  at: { readonly url: string },
  token: string,
  others: readonly TestNode[],
): Promise<LinkSocksClient> {
  const provider = closing(new LinkSocksClient({ url: at.url, token, role: 'provider', reconnect: { delayMs: 10 } }))
  await provider.start()
  await until(() => others.every(({ node }) => node.status.farTokens > 0), 'other nodes know the provider')
  return provider
}

/** A client with a SOCKS port. */
export async function startUser(
  at: { readonly url: string; readonly others?: readonly string[] },
  token: string,
): Promise<LinkSocksClient> {
  const user = closing(
    new LinkSocksClient({
      url: at.url,
      fallbackUrls: at.others,
      token,
      proxy: { port: 0 },
      reconnect: { delayMs: 10 },
    }),
  )
  await user.start()
  return user
}
