import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shells, type Shell } from '../command.js'
import { flagsOf } from '../flags.js'
import { renderCompletion } from './completion.js'

const programs: Readonly<Record<Shell, string>> = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'pwsh' }

/** Whether a shell is installed: a program of that name must run a line of its language. */
function has(shell: Shell): boolean {
  return spawnSync(programs[shell], ['-c', 'echo ok'], { encoding: 'utf8' }).stdout?.trim() === 'ok'
}

const missing = shells.filter((shell) => !has(shell))
if (missing.length > 0) console.warn(`skipped: completion is not tried in ${missing.join(', ')}: not installed`)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'))
  for (const shell of shells) writeFileSync(join(folder, shell), renderCompletion(shell))
  for (const name of ['cert.pem', 'our cert.pem']) writeFileSync(join(folder, name), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(shells)('renderCompletion for %s', (shell) => {
  test('names every flag of every command', () => {
    const script = renderCompletion(shell)
    const names = ['server', 'client', 'demo'] as const
    const known = names.flatMap((name) => flagsOf(name).filter((flag) => flag.ignored === undefined))
    expect(known.filter(({ name }) => !script.includes(name))).toEqual([])
  })
})

describe.skipIf(missing.includes('bash'))('completion in bash', () => {
  test.each([
    ['a command', ['linksocks', 'se'], ['server']],
    [
      'a flag of the command',
      ['linksocks', 'server', '--ws-'],
      ['--ws-host', '--ws-port', '--ws-path', '--ws-host-name'],
    ],
    ['a value with a choice', ['linksocks', 'client', '--log-format', 'h'], ['human']],
    // Bash makes a word of its own of the equals sign.
    ['a value after an equals sign', ['linksocks', 'client', '--log-format', '=', 'h'], ['human']],
    ['values right after the equals sign', ['linksocks', 'client', '--guard', '='], ['local', 'none', 'private']],
    ['a file', ['linksocks', 'server', '--tls-cert', 'ce'], ['cert.pem']],
    ['a file with a space in its name', ['linksocks', 'server', '--tls-cert', 'our'], ['our cert.pem']],
    ['a shell', ['linksocks', 'completion', 'z'], ['zsh']],
    ['nothing where a text is wanted', ['linksocks', 'client', '--token', ''], []],
  ])('completes %s', (_title, words, expected) => {
    const script = `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _linksocks; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...words], { cwd: folder, encoding: 'utf8' })
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .toSorted(),
    ).toEqual(expected.toSorted())
  })
})

describe.skipIf(missing.includes('fish'))('completion in fish', () => {
  test.each([
    ['a command', 'linksocks conn', 'connector'],
    ['a flag of the command', 'linksocks server --ws-po', '--ws-port'],
    ['a value with a choice', 'linksocks client --log-format h', 'human'],
  ])('completes %s', (_title, line, expected) => {
    const { stdout } = spawnSync('fish', ['--no-config', '-c', 'source ./fish; complete -C $argv[1]', line], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(stdout.split('\n').map((each) => each.split('\t')[0])).toContain(expected)
  })
})

describe.skipIf(missing.includes('zsh'))('completion in zsh', () => {
  test('is a script that zsh takes', () => {
    expect(spawnSync('zsh', ['-n', './zsh'], { cwd: folder, encoding: 'utf8' }).stderr).toBe('')
  })
})
