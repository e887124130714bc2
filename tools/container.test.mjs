import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { repositoryRoot } from './workspace.mjs'

const read = (file) => readFileSync(join(repositoryRoot, file), 'utf8')
/** Instructions of the last stage, each on one line. */
const stage =
  read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split(/^FROM /m)
    .at(-1) ?? ''
const { services } = parse(read('compose.yaml'), { merge: true })

describe('the Dockerfile', () => {
  test('ends with a user that is not root, by number, which runAsNonRoot of Kubernetes needs', () => {
    expect([...stage.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  })

  test('has the user of the recipe', () => {
    const userOf = (text) => /^USER (.*)$/m.exec(text)?.[1]
    expect(userOf(read('docs/recipes/docker.md'))).toBe(userOf(stage))
  })

  test('names a version of its base, a Node that we run on', () => {
    expect({ base: /^ARG BASE=(.*)$/m.exec(read('Dockerfile'))?.[1], of: stage.split('\n')[0] }).toEqual({
      base: expect.stringMatching(/^node:2[2-9]-alpine$/),
      of: expect.stringMatching(/^\$\{BASE\}$/),
    })
  })

  test('tries the port that a server opens by default', () => {
    const [, port] = /HEALTHCHECK.*:-(\d+)\}/.exec(stage) ?? []
    expect(read('docs/guide/cli.md')).toMatch(new RegExp(`--ws-port N.*\`${port}\``))
  })

  test('is a server unless LINKSOCKS_MODE says otherwise, which a command would not let it', () => {
    expect({ isServer: /^ENV .*LINKSOCKS_MODE=server\b/m.test(stage), hasCommand: /^CMD/m.test(stage) }).toEqual({
      isServer: true,
      hasCommand: false,
    })
  })

  test('starts the command itself, so that it hears signals', () => {
    expect(stage).toMatch(/^ENTRYPOINT \["linksocks"\]$/m)
  })
})

describe.each(Object.entries(services))('the service %s of compose.yaml', (_name, service) => {
  test('has a file system that is read only, and no rights', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  })

  test('gives flags that its command has', () => {
    const [command, ...words] = service.command
    const rows = read('docs/guide/cli.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const flags = words.filter((word) => word.startsWith('--'))
    const unknown = flags.filter(
      (flag) => !rows.some((row) => row.includes(`${flag} `) || (row.includes(`${flag}\``) && row.includes(command))),
    )
    expect(unknown).toEqual([])
  })

  test('takes its token from the environment, and demands one', () => {
    expect(service.environment.LINKSOCKS_TOKEN).toMatch(/^\$\{LINKSOCKS_TOKEN:\?/)
  })
})
