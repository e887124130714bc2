import * as ws from 'ws'

export interface WsFrameOptions {
  /** @default 2, binary */
  readonly opcode?: number
  /** @default true */
  readonly fin?: boolean
  /** @default false */
  readonly rsv1?: boolean
  /** @default false */
  readonly masked?: boolean
  /** Masking key of 4 bytes. @default random */
  readonly key?: Uint8Array
}

interface Sender {
  frame(data: { readonly length: number }, options: Readonly<Record<string, unknown>>): Buffer[]
}

interface Receiver extends NodeJS.WritableStream {
  on(event: string, listener: (...args: never[]) => void): this
}

/** The sender and receiver of ws; its types omit these two. */
const { Sender, Receiver } = ws as unknown as {
  readonly Sender: Sender
  readonly Receiver: new (options: { readonly isServer: boolean; readonly maxPayload?: number }) => Receiver
}

/** Encodes a frame as the sender of ws does; `payload` does not change. */
export function wsFrame(payload: Uint8Array, options: WsFrameOptions = {}): Buffer {
  return Buffer.concat(Sender.frame(Buffer.from(payload), senderOptions(options)))
}

/** Encodes the header of {@link wsFrame} alone, which needs only the length of the payload. */
export function wsHeader(payloadBytes: number, key?: Uint8Array): Buffer {
  // With a key of zeros ws does not change the payload, which is empty here.
  const zeros = new Uint8Array(4)
  const masked = key !== undefined
  const [header = Buffer.alloc(0)] = Sender.frame({ length: payloadBytes }, senderOptions({ masked, key: zeros }))
  return key === undefined ? header : Buffer.concat([header.subarray(0, -4), key])
}

/** Returns the messages that the receiver of ws reads from `bytes`. */
export function readByWs(bytes: Uint8Array, { masked = false } = {}): Buffer[] {
  const messages: Buffer[] = []
  const receiver = new Receiver({ isServer: masked })
  receiver.on('message', (message: Buffer, isBinary: boolean) => {
    if (!isBinary) throw new Error('ws read a text message')
    messages.push(message)
  })
  let failed: Error | undefined
  receiver.on('error', (error: Error) => (failed = error))
  receiver.write(Buffer.from(bytes))
  if (failed !== undefined) throw failed
  return messages
}

function senderOptions({ opcode = 2, fin = true, rsv1 = false, masked = false, key }: WsFrameOptions) {
  const generateMask = (mask: Uint8Array): void => mask.set(key ?? [])
  const chosen = key === undefined ? {} : { generateMask, maskBuffer: Buffer.alloc(4) }
  return { opcode, fin, rsv1, mask: masked, readOnly: false, ...chosen }
}
