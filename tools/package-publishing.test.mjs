import { describe, expect, test } from 'vitest'
import { publishingFaults } from './package-publishing.mjs'
import { readPackage, readPackages, repositoryRoot } from './workspace.mjs'

const workspace = {
  bugs: { url: 'https://forge.example/us/it/issues' },
  repository: { type: 'git', url: 'git+https://forge.example/us/it.git' },
}
const manifest = {
  keywords: ['linksocks', 'codec'],
  homepage: 'https://forge.example/us/it/tree/main/packages/codec#readme',
  bugs: { url: 'https://forge.example/us/it/issues' },
  repository: { type: 'git', url: 'git+https://forge.example/us/it.git', directory: 'packages/codec' },
  publishConfig: { access: 'public', provenance: true },
}
const faults = (changes) =>
  publishingFaults(workspace, { folder: 'packages/codec', manifest: { ...manifest, ...changes } })

test('publishingFaults accepts a manifest that agrees with the workspace', () => {
  expect(faults({})).toEqual([])
})

test.each(['homepage', 'bugs', 'repository', 'publishConfig'])('publishingFaults names a missing %s', (key) => {
  expect(faults({ [key]: undefined })).toEqual([
    `packages/codec/package.json: ${key} is undefined, expected ${JSON.stringify(manifest[key])}`,
  ])
})

test('publishingFaults asks for the folder within the repository', () => {
  expect(faults({ repository: workspace.repository })).toHaveLength(1)
})

test('publishingFaults asks for the shared keywords', () => {
  expect(faults({ keywords: ['codec'] })).toEqual(['packages/codec/package.json: keywords lack "linksocks"'])
})

test('publishingFaults asks for a keyword of its own', () => {
  expect(faults({ keywords: ['linksocks'] })).toEqual(['packages/codec/package.json: keywords name nothing of its own'])
})

describe('of this repository', () => {
  const { manifest: ours } = readPackage(repositoryRoot, '.')
  const publicPackages = readPackages(repositoryRoot).filter(({ manifest }) => !manifest.private)

  test.each(publicPackages)('$name is ready for npm', (pkg) => {
    expect(publishingFaults(ours, pkg)).toEqual([])
  })
})
