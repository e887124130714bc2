import { textOf } from '@ls/foundation'
import { DirectError } from '../errors.js'

/** The part of a data channel of `node-datachannel` that is used. */
export interface NativeChannel {
  close(): void
  sendMessage(text: string): boolean
  sendMessageBinary(bytes: Uint8Array): boolean
  isOpen(): boolean
  bufferedAmount(): number
  setBufferedAmountLowThreshold(bytes: number): void
  onOpen(call: () => void): void
  onClosed(call: () => void): void
  onBufferedAmountLow(call: () => void): void
  onMessage(call: (message: string | Buffer | ArrayBuffer) => void): void
}

/** The part of a peer connection of `node-datachannel` that is used. */
export interface NativePeer {
  close(): void
  setRemoteDescription(sdp: string, type: 'offer' | 'answer'): void
  /** Adds an address of the peer, `candidate:…`, of the part of a description that `mid` names. */
  addRemoteCandidate(candidate: string, mid: string): void
  localDescription(): { readonly sdp: string } | null
  createDataChannel(label: string): NativeChannel
  onGatheringStateChange(call: (state: string) => void): void
  onStateChange(call: (state: string) => void): void
  onDataChannel(call: (channel: NativeChannel) => void): void
  rtt(): number
}

/** The part of the module `node-datachannel` that is used. */
export interface NativeModule {
  /** Creates a peer connection. */
  readonly PeerConnection: new (
    name: string,
    config: {
      readonly iceServers: string[]
      readonly maxMessageSize: number
      /** Whether connections may share a port. */
      readonly enableIceUdpMux?: boolean
      readonly portRangeBegin?: number
      readonly portRangeEnd?: number
    },
  ) => NativePeer
  /** Ends the threads of the module, which would keep the process running. */
  cleanup(): void
}

/**
 * Loads the native part, which is not installed everywhere.
 *
 * @throws DirectError that says what to do
 */
export async function loadNative(): Promise<NativeModule> {
  try {
    return await import('node-datachannel')
  } catch (error) {
    const text = `direct paths by UDP need the package node-datachannel 0.33 (npm install node-datachannel): ${textOf(error)}`
    throw new DirectError('ERR_DIRECT_UNAVAILABLE', text, { cause: error })
  }
}

/**
 * Ends the threads of the module while no peer connection is open: they would keep the process running. The next
 * connection starts them again, which takes some milliseconds.
 */
export class OpenPeers {
  #count = 0

  /** Registers an open peer connection. Returns a function to call when it is closed. */
  opened(native: NativeModule): () => void {
    this.#count++
    return () => {
      this.#count--
      // Later: this may be a call of the library.
      setImmediate(() => {
        if (this.#count === 0) native.cleanup()
      })
    }
  }
}
