import { readLimitedFile } from '@ls/dial'
import type { Account } from '@ls/relay'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'
import type { Settings } from '../settings.js'

interface AccountSettings {
  readonly account: readonly string[]
  readonly accountFile: string | undefined
}

/** Accounts of --account and --account-file. @throws UsageError naming the flag or the line, never its content */
export function readAccounts({ account, accountFile }: AccountSettings): readonly Account[] {
  const given = account.map((text, index) => parseAccount(text, `--account number ${index + 1}`))
  const all = accountFile === undefined ? given : [...given, ...readFile(accountFile)]
  if (all.length <= maxAccounts) return all
  throw new UsageError(`there are ${all.length} accounts; at most ${maxAccounts} are allowed`)
}

/** Accounts of a proxy port: that of --socks-username and --socks-password, then `others`. */
export function proxyAccounts(
  { socksUsername, socksPassword }: Pick<Settings<'client'>, 'socksUsername' | 'socksPassword'>,
  others: readonly Account[],
): readonly Account[] {
  const first = socksUsername === undefined ? [] : [{ username: socksUsername, password: socksPassword ?? '' }]
  return [...first, ...others]
}

function readFile(path: string): Account[] {
  const accounts = textOf(path)
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line.trim() === '' || line.startsWith('#')) return []
      return [parseAccount(line, `--account-file ${path}, line ${index + 1},`)]
    })
  // An empty list would mean no authentication.
  if (accounts.length === 0) throw new UsageError(`--account-file ${path} holds no account`)
  return accounts
}

function textOf(path: string): string {
  try {
    return readLimitedFile(path, maxFileBytes).toString()
  } catch (error) {
    throw new UsageError(`--account-file: ${messageOf(error)}`, { cause: error })
  }
}

/** Parses an account. A password may contain colons, a name may not, as in HTTP Basic authentication (RFC 7617 §2). */
function parseAccount(text: string, place: string): Account {
  const colon = text.indexOf(':')
  if (colon < 1) throw new UsageError(`${place} is not NAME:PASSWORD`)
  const account = { username: text.slice(0, colon), password: text.slice(colon + 1) }
  for (const [what, value] of Object.entries(account)) {
    const bytes = Buffer.byteLength(value)
    if (bytes > maxCredentialBytes) {
      throw new UsageError(`${place} has a ${what} of ${bytes} bytes; at most ${maxCredentialBytes} are allowed`)
    }
  }
  return account
}

/** Most accounts: each login is compared with all of them, which must take only milliseconds. */
const maxAccounts = 10_000

/** RFC 1929 §2: each length is one byte. */
const maxCredentialBytes = 255

/** Most bytes of a file of accounts: a line has two credentials, a colon and a line break. */
const maxFileBytes = 2 * maxAccounts * (maxCredentialBytes + 2)
