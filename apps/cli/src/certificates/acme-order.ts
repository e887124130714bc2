import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import acme from 'acme-client'
import type { Order } from './acme-certificate.js'
import { ChallengePort } from './challenge-port.js'
import { makeFolder, replaceFile } from './state-folder.js'

export interface AcmeOrderOptions {
  /** URL of the authority's directory (RFC 8555 §7.1.1). */
  readonly directoryUrl: string
  readonly names: readonly string[]
  /** Where the authority may send warnings. */
  readonly email: string | undefined
  /** Where the key of the account is kept. */
  readonly folder: string
  /** Where challenges are answered; the authority connects to port 80 of the names. */
  readonly httpHost: string
  readonly httpPort: number
}

/** Orders by HTTP-01 (RFC 8555 §8.3): the authority fetches a text from port 80 of each name. */
export function acmeOrder(options: AcmeOrderOptions): Order {
  return async () => {
    const { names, email, httpHost, httpPort } = options
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
    } finally {
      port.close()
    }
  }
}

/** How long to wait before the authority is asked again, in milliseconds; doubles. Most answer within a second. */
const firstPollMs = 1000

/** One account for each authority: with a new one for each order, its limits would soon be met. */
async function accountKey({ folder, directoryUrl }: AcmeOrderOptions): Promise<Buffer> {
  const file = join(makeFolder(folder), `account-${new URL(directoryUrl).host.replaceAll(/[^\w.-]/g, '_')}.key`)
  if (existsSync(file)) return readFileSync(file)
  const key = await acme.crypto.createPrivateEcdsaKey('P-256')
  replaceFile(file, key.toString())
  return key
}
