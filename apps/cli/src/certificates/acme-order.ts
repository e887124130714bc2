import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@ls/foundation'
import acme from 'acme-client'
import type { Order } from './acme-certificate.js'
import { ChallengePort } from './challenge-port.js'
import { makeFolder, replaceFile } from './state-folder.js'

export interface AcmeOrderOptions {
  /** URL of the authority's directory (RFC 8555 §7.1.1). */
  readonly directoryUrl: string
  readonly names: readonly string[]
  /** Address to which the authority may send warnings. */
  readonly email: string | undefined
  /** Folder for the key of the account. */
  readonly folder: string
  /** Host on which challenges are answered; the authority connects to port 80 of the names. */
  readonly httpHost: string
  readonly httpPort: number
  readonly logger: Logger
}

/** Orders by HTTP-01 (RFC 8555 §8.3): the authority fetches a text from port 80 of each name. */
export function acmeOrder(options: AcmeOrderOptions): Order {
  return async () => {
    const { names, email, httpHost, httpPort } = options
    const silence = watchSilence(options)
    const client = new acme.Client({
      directoryUrl: options.directoryUrl,
      accountKey: await accountKey(options),
      backoffMin: firstPollMs,
    })
    const key = await acme.crypto.createPrivateEcdsaKey('P-256')
    const [, csr] = await acme.crypto.createCsr({ altNames: [...names] }, key)
    const port = await ChallengePort.open(httpHost, httpPort)
    try {
      const cert = await client.auto({
        csr,
        ...(email === undefined ? {} : { email }),
        termsOfServiceAgreed: true,
        challengePriority: ['http-01'],
        // Some networks do not let a machine reach its own public address.
        skipChallengeVerification: true,
        challengeCreateFn: async (_authorization, { token }, text) => port.answer(token, text),
        challengeRemoveFn: async (_authorization, { token }) => port.forget(token),
      })
      return { cert, key: key.toString() }
    } catch (error) {
      throw silence.explain(error)
    } finally {
      port.close()
    }
  }
}

/**
 * Logs each request that the authority does not answer: the library repeats it for more than a minute. Afterwards it
 * fails with a TypeError of its own, which `explain` replaces.
 */
function watchSilence({ directoryUrl, logger }: AcmeOrderOptions): { readonly explain: (error: unknown) => unknown } {
  const { host } = new URL(directoryUrl)
  let cause: string | undefined
  acme.setLogger((line) => {
    cause = /^Caught (E[A-Z_]+), retry/.exec(line)?.[1] ?? cause
    if (cause === undefined || !line.startsWith('Caught E')) return
    logger.warn({}, `the certificate authority ${host} does not answer: ${cause}; trying again`)
  })
  return {
    explain: (error) => {
      if (cause === undefined || !(error instanceof TypeError)) return error
      return new Error(`the certificate authority ${host} does not answer: ${cause}`, { cause: error })
    },
  }
}

/** Wait before the next request to the authority, in milliseconds; it doubles. Most answer within a second. */
const firstPollMs = 1000

/**
 * Key of the account. There is one account for each authority: new accounts for each order would soon reach its limits.
 */
async function accountKey({ folder, directoryUrl }: AcmeOrderOptions): Promise<Buffer> {
  const file = join(makeFolder(folder), `account-${new URL(directoryUrl).host.replaceAll(/[^\w.-]/g, '_')}.key`)
  if (existsSync(file)) return readFileSync(file)
  const key = await acme.crypto.createPrivateEcdsaKey('P-256')
  replaceFile(file, key.toString())
  return key
}
