import { type ConnectorOperation, decode, encode, type Message, MessageType, newChannelId } from '@ls/codec'
import type { Session } from '@ls/mux'
import { until } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ConnectorToken, type ReverseToken, type TokenRecord, TokenRegistry } from '../tokens/token-registry.js'
import { ConnectorMessages, type ConnectorMessagesOptions } from './connector-messages.js'
import type { Peer } from './peer.js'

describe('ConnectorMessages', () => {
  let tokens: TokenRegistry
  let connected: Set<string>
  let changed: string[]
  let messages: ConnectorMessages
  let reverse: ReverseToken
  /** Tokens of each write, and the result of the next ones. */
  let writes: (string | undefined)[]
  let disk: Promise<void>

  beforeEach(() => {
    tokens = new TokenRegistry()
    connected = new Set(['p', 'q'])
    changed = []
    messages = make()
    reverse = addReverse('r')
  })

  function make(save?: ConnectorMessagesOptions['save']): ConnectorMessages {
    return new ConnectorMessages({
      tokens,
      maxTokens: 3,
      isConnected: (_reverse, instance) => connected.has(instance),
      remove: (token) => tokens.remove(token),
      changed: ({ token }) => changed.push(token),
      save,
    })
  }

  /** From now on tokens are written to a disk. */
  function useDisk(): void {
    writes = []
    disk = Promise.resolve()
    messages = make((added) => {
      writes.push(added?.token)
      return disk
    })
  }

  function addReverse(token: string, allowManageConnector = true): ReverseToken {
    const login = { username: undefined, password: undefined }
    return tokens.add({ kind: 'reverse', token, port: -1, host: '127.0.0.1', ...login, allowManageConnector })
  }

  /** Sends a Connector message as `instance` and returns the answer. */
  function ask(operation: ConnectorOperation, token: string, instance = 'p', record: TokenRecord = reverse) {
    const channelId = newChannelId()
    const answers = deliver(encode({ type: MessageType.Connector, channelId, token, operation }), instance, record)
    expect(answers).toHaveLength(1)
    expect(answers[0]).toMatchObject({ type: MessageType.ConnectorResponse, channelId })
    return answers[0] as Extract<Message, { type: typeof MessageType.ConnectorResponse }>
  }

  /** A session of a provider, which adds a token and waits for the answer. */
  function session(instance = 'p'): (token: string) => Promise<void> {
    const answers: Message[] = []
    const send = (answer: Uint8Array) => answers.push(decode(answer))
    const peer = { session: { send } as unknown as Session, record: reverse, instance } as Peer
    return async (token) => {
      const before = answers.length
      const request = { type: MessageType.Connector, channelId: newChannelId(), token, operation: 'add' } as const
      messages.receive(peer, encode(request))
      await until(() => answers.length > before, 'the answer')
    }
  }

  function deliver(bytes: Uint8Array, instance = 'p', record: TokenRecord = reverse): Message[] {
    const answers: Message[] = []
    const session = { send: (answer: Uint8Array) => answers.push(decode(answer)) } as unknown as Session
    const peer: Peer = { session, record, instance, remoteAddress: '127.0.0.1', connectedAtMs: 0 }
    messages.receive(peer, bytes)
    return answers
  }

  test('receive adds a token that belongs to the provider', () => {
    expect(ask('add', 'c')).toMatchObject({ success: true, token: 'c' })
    expect(tokens.find('c')).toMatchObject({ kind: 'connector', reverse, owner: 'p' })
    expect(changed).toEqual(['c'])
  })

  test('receive makes up a token for a provider that names none', () => {
    const { token = '' } = ask('add', '')
    expect(tokens.find(token)).toMatchObject({ owner: 'p' })
  })

  test('receive lets a provider add its token again', () => {
    ask('add', 'c')
    expect(ask('add', 'c')).toMatchObject({ success: true, token: 'c' })
  })

  test('receive writes a token once, however often a session adds it', async () => {
    useDisk()
    const add = session()
    for (let count = 0; count < 3; count++) await add('c')
    expect(writes).toEqual(['c'])
  })

  test('receive writes a token again for each session that adds it', async () => {
    useDisk()
    for (let count = 0; count < 2; count++) await session()('c')
    expect(writes).toEqual(['c', 'c'])
  })

  test('receive writes a token again that could not be written', async () => {
    useDisk()
    const add = session()
    disk = Promise.reject(new Error('the disk is full'))
    disk.catch(() => {})
    await add('c')
    disk = Promise.resolve()
    await add('c')
    expect(writes).toEqual(['c', 'c'])
  })

  test('receive writes a token again that a session takes back', async () => {
    useDisk()
    const [first, second] = [session('p'), session('q')]
    await first('c')
    connected.delete('p')
    await second('c')
    connected = new Set(['p'])
    await first('c')
    expect(writes).toEqual(['c', 'c', 'c'])
  })

  test('receive refuses a token of another provider that is connected', () => {
    ask('add', 'c', 'q')
    expect(ask('add', 'c', 'p')).toMatchObject({ success: false, error: 'connector token already exists' })
  })

  test('receive hands a token over when its owner is gone', () => {
    ask('add', 'c', 'q')
    connected.delete('q')
    expect(ask('add', 'c', 'p')).toMatchObject({ success: true })
    expect((tokens.find('c') as ConnectorToken).owner).toBe('p')
  })

  test('receive refuses a token of another tenant whose owner is gone', () => {
    const other = addReverse('other')
    ask('add', 'c', 'x', other)
    expect(ask('add', 'c', 'p')).toMatchObject({ success: false, error: 'connector token already exists' })
  })

  test.each(['r', 'f', 's'])('receive refuses the name of a token that is not a provider’s: %s', (name) => {
    tokens.add({ kind: 'forward', token: 'f' })
    tokens.add({ kind: 'connector', token: 's', reverse, owner: undefined })
    expect(ask('add', name)).toMatchObject({ success: false, error: 'connector token already exists' })
  })

  test('receive refuses a token that may not be registered', () => {
    expect(ask('add', 'anonymous')).toMatchObject({
      success: false,
      error: expect.stringContaining('reserved') as string,
    })
  })

  test('receive refuses more tokens than a reverse token may have, and names the limit', () => {
    for (const token of ['a', 'b', 'c']) ask('add', token)
    const error = 'too many connector tokens: 3 are registered, the limit of a reverse token'
    expect(ask('add', 'd')).toMatchObject({ success: false, error })
  })

  test('receive counts the tokens of each tenant for itself', () => {
    for (const token of ['a', 'b', 'c']) ask('add', token)
    expect(ask('add', 'd', 'p', addReverse('other'))).toMatchObject({ success: true })
  })

  test('receive removes a token of the provider', () => {
    ask('add', 'c')
    expect(ask('remove', 'c')).toMatchObject({ success: true })
    expect(tokens.find('c')).toBeUndefined()
  })

  test('receive says the same of another provider’s token as of none', () => {
    ask('add', 'c', 'q')
    const [theirs, none] = [ask('remove', 'c'), ask('remove', 'nope')]
    expect({ theirs: theirs.error, none: none.error }).toEqual({
      theirs: 'connector token does not exist',
      none: 'connector token does not exist',
    })
    expect(tokens.find('c')).toBeDefined()
  })

  test.each<[string, () => TokenRecord]>([
    ['a reverse token without that right', () => addReverse('plain', false)],
    ['a forward token', () => tokens.add({ kind: 'forward', token: 'f' })],
    ['a connector token', () => tokens.add({ kind: 'connector', token: 'x', reverse, owner: 'p' })],
  ])('receive refuses who comes with %s', (_name, record) => {
    const error = 'this token does not allow to manage connectors'
    expect(ask('add', 'c', 'p', record())).toMatchObject({ success: false, error })
  })

  test('receive ignores messages of other types', () => {
    expect(deliver(encode({ type: MessageType.Log, level: 'info', text: 'hello' }))).toEqual([])
  })
})
