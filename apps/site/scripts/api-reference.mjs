// Writes the reference of the packages with typedoc. Typedoc needs the compiler API of an older TypeScript: version 7
// has none.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Application, ReflectionKind } from 'typedoc'
import { packages } from './packages.mjs'
import { repositoryPage, repositoryRoot, siteFolder } from './places.mjs'

/** Kinds of names that need a comment, since users of a package can use them. */
const documentedKinds =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.Function |
  ReflectionKind.Variable |
  ReflectionKind.TypeAlias |
  ReflectionKind.Property |
  ReflectionKind.Method |
  ReflectionKind.Accessor

/** Writes the reference below `folder`, as plain HTML. */
export async function writeApiReference(folder) {
  const { application, project } = await convert()
  await application.generateDocs(project, folder)
}

/**
 * Finds names that users can use and that have no comment.
 *
 * @returns {Promise<Record<string, { members: number, undocumented: string[] }>>} By package.
 */
async function findUndocumented() {
  const { project } = await convert()
  return Object.fromEntries(packages.map(({ name, manifest }) => [manifest.name, count(project, `packages/${name}/`)]))
}

async function convert() {
  const application = await Application.bootstrap({
    name: 'LinkSocks packages',
    entryPoints: packages.flatMap(entryPoints),
    tsconfig: join(siteFolder, 'tsconfig.typedoc.json'),
    // The workspace's own compiler checks the types. This older one only reads the comments.
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableGit: true,
    basePath: repositoryRoot,
    sourceLinkTemplate: `${repositoryPage}/blob/main/{path}#L{line}`,
    readme: 'none',
    logLevel: 'Error',
    hideGenerator: true,
  })
  const project = await application.convert()
  if (project === undefined) throw new Error('typedoc cannot read the packages')
  return { application, project }
}

function entryPoints({ name, manifest }) {
  const source = join(repositoryRoot, 'packages', name)
  return Object.values(manifest.exports)
    .map((entry) => entry['@ls/source'])
    .filter((path) => path !== undefined && existsSync(join(source, path)))
    .map((path) => join(source, path))
}

function count(project, folder) {
  const members = project
    .getReflectionsByKind(documentedKinds)
    .filter((each) => each.sources?.[0]?.fullFileName.includes(folder) && !isSelfEvident(each))
  const names = members.filter((each) => !hasComment(each)).map((each) => each.getFullName())
  return { members: members.length, undocumented: [...new Set(names)] }
}

/**
 * Whether a name needs no comment: the `name` of an error is that of its class, and a tag of a union member has only
 * one value. Members of a type literal and inherited members are explained elsewhere.
 */
function isSelfEvident(reflection) {
  return (
    reflection.inheritedFrom !== undefined ||
    reflection.name === 'name' ||
    ['query', 'literal'].includes(reflection.type?.type) ||
    reflection.parent?.kindOf(ReflectionKind.TypeLiteral) === true
  )
}

function hasComment(reflection) {
  if (reflection.hasComment()) return true
  return [...(reflection.signatures ?? []), reflection.getSignature, reflection.setSignature].some((signature) =>
    signature?.hasComment(),
  )
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${JSON.stringify(await findUndocumented(), null, 2)}\n`)
}
