import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'vite'

/** What the rules look at in a source file. */
export interface Source {
  /** From the repository's root, with "/". */
  readonly path: string
  /** Lines of the file. */
  readonly length: number
  readonly imports: readonly Import[]
  /** Uses of the wall clock, timers and randomness of the machine, such as `Date.now`. */
  readonly ambient: readonly Place[]
  /** Names at module level that can change: `let`, `var`, what the module writes into, and maps and sets that others could. */
  readonly mutable: readonly Place[]
}

export interface Import {
  /** A path from the root, such as `engine/errors.ts`, or the name of a package or of a `node:` module. */
  readonly target: string
  readonly typeOnly: boolean
  readonly line: number
}

export interface Place {
  readonly name: string
  readonly line: number
}

/** Reads a file's text; throws when it does not parse. */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text, { lang: path.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' })
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`)
  const lineOf = (node: Tree) => text.slice(0, Number(node.start)).split('\n').length
  const imports: Import[] = []
  const ambient: Place[] = []
  const written = new Set<string>()
  const body = treesOf(Reflect.get(program, 'body'))
  for (const statement of body) visit(statement, undefined, collect)
  return { path, length: text.split('\n').length - 1, imports, ambient, mutable: body.flatMap(mutableNames) }

  function collect(node: Tree, parent: Tree | undefined): void {
    const specifier = specifierOf(node)
    if (specifier !== undefined) {
      imports.push({ target: resolve(path, specifier), typeOnly: isTypeOnly(node), line: lineOf(node) })
    }
    const name = ambientName(node, parent)
    if (name !== undefined) ambient.push({ name, line: lineOf(node) })
    const changed = writtenName(node)
    if (changed !== undefined) written.add(changed)
  }

  function mutableNames(statement: Tree): Place[] {
    const declaration = treeOf(statement.declaration) ?? statement
    if (declaration.type !== 'VariableDeclaration') return []
    return treesOf(declaration.declarations).flatMap((one) => {
      const name = nameOf(treeOf(one.id)) ?? 'a pattern'
      const open = statement !== declaration && isOpenContainer(one, text)
      const changes = declaration.kind !== 'const' || written.has(name) || open
      return changes ? [{ name, line: lineOf(one) }] : []
    })
  }
}

/** All TypeScript sources of these folders. */
export function readSources(root: string, folders: readonly string[]): Source[] {
  return folders.flatMap((folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return files
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((path) => /\.tsx?$/.test(path) && !path.includes('/node_modules/') && !path.includes('/dist/'))
      .sort()
      .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')))
  })
}

/** A node of the syntax tree, of which nothing is known. */
type Tree = Readonly<Record<string, unknown>>

function visit(node: Tree, parent: Tree | undefined, look: (node: Tree, parent: Tree | undefined) => void): void {
  look(node, parent)
  for (const value of Object.values(node)) {
    const trees = Array.isArray(value) ? treesOf(value) : [treeOf(value)]
    for (const tree of trees) if (tree !== undefined) visit(tree, node, look)
  }
}

function treeOf(value: unknown): Tree | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  return value as Tree // an object with a type is a node of the parser's tree
}

function treesOf(value: unknown): Tree[] {
  return Array.isArray(value) ? value.map(treeOf).filter((tree) => tree !== undefined) : []
}

function specifierOf(node: Tree): string | undefined {
  const holders = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ]
  if (!holders.includes(String(node.type))) return undefined
  const value = treeOf(node.source ?? node.argument)?.value
  return typeof value === 'string' ? value : undefined
}

function isTypeOnly(node: Tree): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true
  const names = treesOf(node.specifiers)
  return names.length > 0 && names.every((name) => name.importKind === 'type' || name.exportKind === 'type')
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier)
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

const ambientMembers = [
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'process.nextTick',
  'crypto.randomUUID',
]
const ambientFunctions = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame']

function ambientName(node: Tree, parent: Tree | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const owner = nameOf(treeOf(node.object))
    const name = memberName(node)
    if (owner === 'globalThis' && name !== undefined && ambientFunctions.includes(name)) return name
    return ambientMembers.find((member) => member === `${owner}.${name}`)
  }
  const isDate = nameOf(treeOf(node.callee)) === 'Date'
  if (node.type === 'NewExpression' && isDate && treesOf(node.arguments).length === 0) return 'new Date()'
  if (node.type === 'CallExpression' && isDate) return 'Date()'
  const name = nameOf(node)
  if (name === undefined || !ambientFunctions.includes(name) || isOnlyAName(node, parent)) return undefined
  return name
}

/** Whether an identifier names a field or a type, and not the function itself. */
function isOnlyAName(node: Tree, parent: Tree | undefined): boolean {
  if (parent === undefined || String(parent.type).startsWith('TS')) return true
  if (parent.type === 'MemberExpression') return parent.property === node && parent.computed !== true
  return ['Property', 'PropertyDefinition', 'MethodDefinition'].includes(String(parent.type)) && parent.value !== node
}

function memberName(node: Tree): string | undefined {
  const property = treeOf(node.property)
  if (node.computed !== true) return nameOf(property)
  return typeof property?.value === 'string' ? property.value : undefined
}

function nameOf(node: Tree | undefined): string | undefined {
  return node?.type === 'Identifier' && typeof node.name === 'string' ? node.name : undefined
}

const changingMethods = [
  'set',
  'add',
  'delete',
  'clear',
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'fill',
]

/** The variable into whose value something is written here. */
function writtenName(node: Tree): string | undefined {
  const member = treeOf(node.left ?? node.argument ?? node.callee)
  if (member?.type !== 'MemberExpression') return undefined
  const owner = nameOf(treeOf(member.object))
  if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') return owner
  if (node.type === 'UnaryExpression') return node.operator === 'delete' ? owner : undefined
  if (node.type !== 'CallExpression') return undefined
  if (owner === 'Object') return memberName(member) === 'assign' ? nameOf(treesOf(node.arguments)[0]) : undefined
  return changingMethods.includes(memberName(member) ?? '') ? owner : undefined
}

/** Whether an exported constant holds a map or set that others could write into. */
function isOpenContainer(declarator: Tree, text: string): boolean {
  const init = treeOf(declarator.init)
  if (init?.type !== 'NewExpression' || !/Map$|Set$|Cache$/.test(nameOf(treeOf(init.callee)) ?? '')) return false
  const annotation = treeOf(treeOf(declarator.id)?.typeAnnotation)
  return (
    annotation === undefined ||
    /^:\s*(?:Weak)?(?:Map|Set)\b/.test(text.slice(Number(annotation.start), Number(annotation.end)))
  )
}
