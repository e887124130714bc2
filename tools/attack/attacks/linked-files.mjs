import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, statusOf } from '../strangers.mjs'

const durationMs = 4000
const pauseMs = 20
const secret = 'what no visitor may see'
const ways = [
  '/link.txt',
  '/up/secret.txt',
  '/linked/',
  '/linked/index.html',
  '/deep/er/secret.txt',

  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '//secret.txt',
  '/./../secret.txt',
  '/..\\secret.txt',
]

export const linkedFiles = {
  id: 'linked-files',
  title: 'stranger: files outside of the fallback folder, by links and by paths',
  prepare: () => ({ flags: ['--fallback', folderWithLinks()] }),
  run: async ({ port }) => {
    const shown = new Set()
    for (const until = performance.now() + durationMs; performance.now() < until; await sleep(pauseMs)) {
      const answers = await Promise.all(ways.map((path) => ask(port, get(path))))
      for (const [index, answer] of answers.entries()) {
        if (answer.includes(secret) || statusOf(answer) === 200) shown.add(ways[index])
      }
    }
    const home = await ask(port, get('/'))
    return [
      ...[...shown].map((path) => `the folder showed ${path}`),
      ...(home.includes('home page') ? [] : [`the folder's own page got ${statusOf(home)}`]),
    ]
  },
}

function folderWithLinks() {
  const outer = mkdtempSync(join(tmpdir(), 'attack-'))
  const site = join(outer, 'site')
  mkdirSync(join(site, 'linked'), { recursive: true })
  mkdirSync(join(site, 'deep'))
  writeFileSync(join(outer, 'secret.txt'), secret)
  writeFileSync(join(site, 'index.html'), 'home page')
  symlinkSync('../secret.txt', join(site, 'link.txt'))
  symlinkSync('..', join(site, 'up'))
  symlinkSync('../../secret.txt', join(site, 'linked', 'index.html'))
  symlinkSync('../..', join(site, 'deep', 'er'))
  return site
}

function get(path) {
  return `GET ${path} HTTP/1.1\r\nHost: website\r\nConnection: close\r\n\r\n`
}
