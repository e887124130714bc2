import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'
import { closing } from '../stress/cleanup.js'
import { temporaryFolder } from './temporary-folder.js'

export interface ServedRepository {
  readonly url: string
  /** The only file in it. */
  readonly file: { readonly name: string; readonly text: string }
}

/** A git repository with one commit, served over HTTP as plain files, which every git client can clone. */
export async function servedRepository(): Promise<ServedRepository> {
  const folder = await temporaryFolder()
  const file = { name: 'hello.txt', text: 'through the proxy\n'.repeat(5000) }
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', '-c', 'init.defaultBranch=main', ...args], {
      cwd: folder,
      stdio: 'ignore',
    })
  }
  git('init')
  await writeFile(join(folder, file.name), file.text)
  git('add', '.')
  git('commit', '-m', 'first')
  git('update-server-info')
  return { url: await serveFiles(join(folder, '.git')), file }
}

async function serveFiles(root: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname)
    const stream = createReadStream(join(root, path))
    stream.on('error', () => response.writeHead(404).end())
    stream.on('open', () => stream.pipe(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
