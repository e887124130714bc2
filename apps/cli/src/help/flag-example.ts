import { type Flag, takesValue } from '../flag.js'
import { durationText } from './help.js'

/** The flag with a valid value, as a person writes it in a shell. */
export function flagExample(flag: Flag): string {
  return takesValue(flag) ? `--${flag.name} ${quoted(valueOf(flag))}` : `--${flag.name}`
}

function valueOf(flag: Flag): string {
  const known = byName[flag.name]
  if (known !== undefined) return known
  if (flag.type === 'duration') return durationText(Math.min(Math.max(flag.min, 30_000), flag.max))
  if (flag.type === 'integer')
    return String(flag.default === 0 ? Math.max(flag.min, Math.min(1000, flag.max)) : flag.default)
  if ('choices' in flag && flag.choices !== undefined) return flag.choices.at(-1) ?? ''
  return ('placeholder' in flag ? byPlaceholder[flag.placeholder] : undefined) ?? ''
}

function quoted(value: string): string {
  return /^[\w./:=,@+-]+$/.test(value) ? value : `'${value}'`
}

/** Values of flags whose placeholder is not clear enough. */
const byName: Readonly<Record<string, string>> = {
  'access-log': '/var/log/linksocks/access.log',
  'account-file': 'accounts.txt',
  'acme-directory': 'https://acme-v02.api.letsencrypt.org/directory',
  api: 'https://server.example:8765',
  'api-socket': '/run/linksocks/api.sock',
  authorize: 'https://auth.example/linksocks',
  workers: 'auto',
  'cluster-nats': 'nats://10.0.0.9:4222',
  'cluster-secret': 'thirty-two characters, or some more',
  config: 'linksocks.yaml',
  'direct-rendezvous-host': '203.0.113.7',
  'direct-secret': 'known to both ends',
  expires: '2030-01-31T00:00:00Z',
  expose: '2222=localhost:22',
  fallback: 'http://127.0.0.1:8080',
  forward: '5432=db.internal:5432',
  header: 'X-Team: ops',
  'log-file': '/var/log/linksocks/linksocks.log',
  name: 'ada',
  note: 'her laptop',
  policy: '{"maxLinks": 2}',
  ports: '2222,4000-4100',
  proxy: 'socks5://10.0.0.1:1080',
  'quota-rate': '1Mbit',
  'rate-down': '50Mbit',
  'rate-up': '10Mbit',
  'relay-notice': 'Maintenance on Sunday',
  route: '*.internal=direct',
  'socks-listen': '127.0.0.1:9870',
  state: '/var/lib/linksocks/state.json',
  'state-folder': '/var/lib/linksocks',
  'tls-ca': 'ca.pem',
  'tls-cert': 'cert.pem',
  'tls-client-ca': 'ca.pem',
  'tls-client-cert': 'client.pem',
  'tls-client-key': 'client-key.pem',
  'tls-domain': 'server.example',
  'tls-key': 'key.pem',
  'tls-server-name': 'server.example',
  token: 'my_token',
  'trusted-proxy': '10.0.0.0/8',
  'upstream-header': 'X-Team: ops',
  'upstream-proxy': 'socks5://10.0.0.1:1080',
  url: 'wss://server.example',
  'web-path': '/socket',
  'ws-host': '127.0.0.1',
  'ws-host-name': 'server.example',
}

const byPlaceholder: Readonly<Record<string, string>> = {
  ADDR: '127.0.0.1:9090',
  'ADDR:PORT': '10.0.0.0/8:443',
  'ADDR[:PORT]': '10.0.0.0/8',
  ADDRESS: 'ops@server.example',
  BYTES: '200GB',
  FIELD: 'X-Team: ops',
  FILE: '/etc/linksocks/file',
  HOST: '127.0.0.1',
  'HOST:PORT': '10.0.0.1:8766',
  KEY: 'my_key',
  NAME: 'ada',
  'NAME:PASSWORD': 'ada:secret',
  NETWORK: '10.0.0.0/8',
  ORIGIN: 'https://app.example',
  PASSWORD: 'secret',
  PATH: '/etc/linksocks/file',
  PIN: `sha256:${'A'.repeat(43)}=`,
  PORTS: '2222,8000-8099',
  TOKEN: 'my_token',
  URL: 'https://server.example',
}
