import type { Import, Source } from './source.ts'

/** Something that the architecture does not allow, as `path:line what`. */
export type Violation = string

/** From above to below; a file imports from its own line or a line further down. */
const layers: readonly (readonly string[])[] = [
  ['engine/main.ts', 'engine/cli/'],
  ['engine/engine.ts'],
  ['engine/observe/'],
  ['engine/host/', 'engine/clock.ts'],
  ['engine/config/'],
  ['engine/server/'],
  ['engine/mqtt/', 'engine/http/'],
  ['engine/store/'],
  ['engine/rules/', 'engine/backtest/'],
  ['engine/run/'],
  ['engine/flow/', 'engine/auth/'],
  ['engine/node.ts'],
  ['engine/spec/'],
  ['engine/jsonata/'],
  ['engine/types/'],
  ['engine/net/', 'engine/secrets/'],
  ['engine/errors.ts', 'engine/log.ts'],
]

/** Types that may be imported upward: interfaces that the layer above implements. */
const upwardTypes: readonly { from: string; to: string }[] = [{ from: 'engine/run/', to: 'engine/mqtt/contract.ts' }]

/** Packages that only one place may import. */
const packageHomes: Readonly<Record<string, readonly string[]>> = {
  express: ['engine/server/'],
  // MQTT over WebSocket needs it too
  ws: ['engine/server/', 'engine/mqtt/'],
  mqtt: ['engine/mqtt/'],
  aedes: ['engine/mqtt/'],
  'aedes-persistence': ['engine/mqtt/'],
  'mqtt-packet': ['engine/mqtt/'],
  'better-sqlite3': ['engine/store/'],
  jsonata: ['engine/jsonata/'],
  croner: ['nodes/lib/'],
  // its quoting rules, and the line of each row
  'csv-parse': ['engine/backtest/'],
  'jsonc-parser': ['engine/flow/', 'engine/config/'],
  pino: ['engine/observe/'],
  'prom-client': ['engine/observe/'],
  '@xyflow/react': ['editor/view/canvas/'],
}

/** What the editor may take from the engine: pure code that runs in a browser, and types. */
const editorValues = ['engine/types/', 'engine/jsonata/']
const editorTypes = [
  ...editorValues,
  'engine/server/protocol.ts',
  'engine/server/protocol-tools.ts',
  'engine/server/protocol-alarms.ts',
  'engine/server/protocol-deploys.ts',
  'engine/server/protocol-history.ts',
  'engine/server/protocol-backtest.ts',
  'engine/server/protocol-auth.ts',
  'engine/server/protocol-tests.ts',
  'engine/server/protocol-broker-users.ts',
  'engine/server/protocol-operations.ts',
  'engine/server/protocol-secrets.ts',
  'engine/flow/describe.ts',
  'engine/flow/model.ts',
  'engine/errors.ts',
]

/** Where time and chance are handed in. */
const timeless = [
  'nodes/',
  'engine/rules/',
  'engine/backtest/',
  'engine/run/',
  'engine/flow/',
  'engine/spec/',
  'engine/jsonata/',
  'engine/types/',
  'engine/errors.ts',
]

/** The few places that may use the machine's clock or randomness all the same, each with its reason. */
export const ambientAllowed: readonly { path: string; names: readonly string[]; reason: string }[] = [
  {
    path: 'engine/jsonata/index.ts',
    names: ['performance.now'],
    reason: 'the clock of the time limit',
  },
  {
    path: 'engine/jsonata/state.ts',
    names: ['Date.now', 'Math.random'],
    reason: 'defaults for the editor and tools; the engine hands in its own',
  },
]

/** Files that may be longer than `longestFile` lines, each with its reason. */
export const longAllowed: Readonly<Record<string, string>> = {
  'engine/errors.ts': 'one table of all errors, so that none is said twice',
}

export const longestFile = 400

/** Checks sources against all rules. */
export function violationsOf(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => [
    ...source.imports.flatMap((found) =>
      importFaults(source, found).map((fault) => `${source.path}:${found.line} ${fault}`),
    ),
    ...ambientFaults(source),
    ...mutableFaults(source),
    ...lengthFaults(source),
    ...(isIn(source.path, ['engine/']) && layerOf(source.path) < 0
      ? [`${source.path}:1 stands in no layer; give it one`]
      : []),
  ])
}

function importFaults(source: Source, found: Import): string[] {
  const { path } = source
  const { target } = found
  const homes = packageHomes[target]
  if (homes !== undefined) return isIn(path, homes) ? [] : [`imports ${target}, which only ${homes.join(' and ')} may`]
  if (isIn(path, ['nodes/'])) return nodeImportFaults(path, target)
  if (isIn(path, ['editor/'])) return editorImportFaults(found)
  if (isIn(path, ['engine/'])) return engineImportFaults(path, found)
  return []
}

function nodeImportFaults(path: string, target: string): string[] {
  const registry = path === 'nodes/index.ts'
  const allowed = target === 'engine/node.ts' || (registry ? isIn(target, ['nodes/']) : isIn(target, ['nodes/lib/']))
  return allowed ? [] : [`imports ${target}; a node imports engine/node.ts and nodes/lib/ only`]
}

function editorImportFaults({ target, typeOnly }: Import): string[] {
  if (isIn(target, ['nodes/', 'test/']))
    return [`imports ${target}; the editor knows node types from the engine's answers`]
  if (!isIn(target, ['engine/'])) return []
  if (isIn(target, editorValues) || (typeOnly && isIn(target, editorTypes))) return []
  return [
    typeOnly
      ? `imports types of ${target}, which the editor may not know`
      : `imports ${target}; types only, with "import type"`,
  ]
}

function engineImportFaults(path: string, { target, typeOnly }: Import): string[] {
  if (isIn(target, ['nodes/'])) {
    return isIn(path, layers[0] ?? []) ? [] : [`imports ${target}; only the command line names node types`]
  }
  if (isIn(target, ['editor/', 'test/'])) return [`imports ${target}; the engine knows neither editor nor tests`]
  if (!isIn(target, ['engine/'])) return []
  const [own, other] = [layerOf(path), layerOf(target)]
  if (own < 0 || other > own) return []
  if (other === own && sameUnit(path, target, own)) return []
  if (typeOnly && upwardTypes.some(({ from, to }) => isIn(path, [from]) && isIn(target, [to]))) return []
  return [`imports ${target}, which stands ${other === own ? 'beside' : 'above'} it`]
}

/** Two folders on one line do not import each other; files on one line may. */
function sameUnit(path: string, target: string, layer: number): boolean {
  if (layer === 0) return true
  const folder = (layers[layer] ?? []).filter((prefix) => prefix.endsWith('/')).find((prefix) => isIn(path, [prefix]))
  return folder === undefined || isIn(target, [folder])
}

function ambientFaults({ path, ambient }: Source): Violation[] {
  if (!isIn(path, timeless)) return []
  const allowed = ambientAllowed.filter((each) => each.path === path).flatMap((each) => each.names)
  return ambient
    .filter(({ name }) => !allowed.includes(name))
    .map(({ name, line }) => `${path}:${line} uses ${name}; time and chance are handed in`)
}

function mutableFaults({ path, mutable }: Source): Violation[] {
  if (!isIn(path, ['nodes/', 'engine/'])) return []
  return mutable.map(({ name, line }) => `${path}:${line} keeps ${name} at module level, where it can change`)
}

function lengthFaults({ path, length }: Source): Violation[] {
  if (length <= longestFile || Object.hasOwn(longAllowed, path)) return []
  return [`${path}:${longestFile + 1} is ${length} lines long; split it, or give a reason`]
}

function layerOf(path: string): number {
  return layers.findIndex((layer) => isIn(path, layer))
}

/** Whether a path is one of these files or stands in one of these folders, which end in "/". */
function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place))
}
