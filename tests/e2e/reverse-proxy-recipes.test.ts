import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort, requireProgram } from '@ls/testkit'
import { expect, test } from 'vitest'
import {
  addressSeen,
  clientHost,
  download,
  fromThere,
  pair,
  placeOf,
  startClient,
  startServer,
  tls,
  wholeDownload,
} from './linked-behind.js'
import { startBox } from './middleboxes.js'
import { temporaryFolder } from './temporary-folder.js'

// The configurations of the recipe, word for word but for its names of hosts, ports and files.

const recipe = readFileSync(new URL('../../docs/recipes/reverse-proxies.md', import.meta.url), 'utf8')

interface Place {
  readonly folder: string
  readonly port: number
  readonly server: string
}

interface Box {
  readonly program: string
  /** Makes a whole configuration out of that of the recipe. */
  readonly config: (block: string, place: Place) => string
  readonly args: (config: string, folder: string) => string[]
}

const boxes: Readonly<Record<string, Box>> = {
  nginx: {
    program: 'nginx',
    config: (block, { folder, port }) => `
      user ${userInfo().username};
      daemon off;
      pid ${folder}/pid;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`).join('\n')}
        server {
          listen 127.0.0.1:${port} ssl;
          ssl_certificate ${folder}/cert.pem;
          ssl_certificate_key ${folder}/key.pem;
          ${block}
        }
      }`,
    args: (config, folder) => ['-p', folder, '-e', 'stderr', '-c', config],
  },
  Caddy: {
    program: 'caddy',
    config: (block, { folder, port }) =>
      `{\n  admin off\n  auto_https disable_redirects\n  storage file_system ${folder}\n}\n${block.replace(
        'server.example {',
        `localhost:${port} {\n  tls ${folder}/cert.pem ${folder}/key.pem`,
      )}`,
    args: (config) => ['run', '--adapter', 'caddyfile', '--config', config],
  },
  haproxy: {
    program: 'haproxy',
    config: (block, { folder, port }) =>
      `defaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\n${block
        .replace('bind :443', `bind 127.0.0.1:${port}`)
        .replace('/etc/haproxy/server.pem', `${folder}/pair.pem`)}`,
    args: (config) => ['-db', '-f', config],
  },
}

function blockOf(heading: string): string {
  const [, block] = new RegExp(`^## ${heading}\n[^#]*?^\`\`\`\\w+\n(.*?)^\`\`\``, 'ms').exec(recipe) ?? []
  if (block === undefined) throw new Error(`the recipe has no configuration under ${heading}`)
  return block
}

async function startBy(heading: string, { program, config, args }: Box, server: string): Promise<number> {
  const place = { folder: await temporaryFolder(), port: await freePort(), server }
  const inFolder = (name: string): string => join(place.folder, name)
  await writeFile(inFolder('cert.pem'), pair.cert)
  await writeFile(inFolder('key.pem'), pair.key)
  await writeFile(inFolder('pair.pem'), pair.cert + pair.key)
  await writeFile(inFolder('config'), config(blockOf(heading).replaceAll('127.0.0.1:8765', server), place))
  await startBox(program, args(inFolder('config'), place.folder), place.port)
  return place.port
}

for (const [heading, box] of Object.entries(boxes))
  test.skipIf(requireProgram(box.program) === undefined)(
    `a download behind ${heading}, by the recipe, is whole, and the client known`,
    async () => {
      const server = await startServer({ trustedProxies: ['127.0.0.1'] })
      const port = await startBy(heading, box, placeOf(server))
      const client = await startClient(`wss://localhost:${port}`, { transport: { dial: fromThere, tls } })
      expect({ download: await download(client), addressSeen: await addressSeen(server) }).toEqual({
        download: wholeDownload,
        addressSeen: clientHost,
      })
    },
  )
