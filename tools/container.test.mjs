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
  test('ends with a user that is not root', () => {
    expect([...stage.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]).toBe('node')
  })

  test('names a version of its base, a Node that we run on', () => {
    expect(stage).toMatch(/^node:2[2-9]-alpine\n/)
  })

  test('tries the port that a server opens by default', () => {
    const [, port] = /HEALTHCHECK.*:-(\d+)\}/.exec(stage) ?? []
    expect(read('docs/guide/cli.md')).toMatch(new RegExp(`--ws-port N.*\`${port}\``))
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
