/**
 * `npm run bench:jsonata`: an evaluation of thirteen expressions as devices need them, beside the library and beside
 * guarded JavaScript written by hand. Rounds are interleaved, so that a busy machine slows all three; read the ratios.
 */
import jsonata from 'jsonata'
import { compile } from '../../engine/jsonata/index.ts'
import { type Contender, expressions, message } from './jsonata-expressions.ts'

const ROUNDS = 7
/** Milliseconds that one contender runs in one round. */
const SLICE = 40

interface Row {
  readonly text: string
  readonly library: number
  readonly ours: number
  readonly hand: number
}

const rows: Row[] = []
for (const one of expressions) rows.push(await measure(one))
print(rows)

async function measure({ text, hand }: Contender): Promise<Row> {
  const reference = jsonata(text)
  const ours = compile(text)
  const expected = JSON.stringify(await reference.evaluate(message))
  for (const answer of [ours.evaluate(message), hand(message)]) {
    if (JSON.stringify(answer) !== expected) throw new Error(`${text}: ${JSON.stringify(answer)} is not ${expected}`)
  }
  const times = { library: [] as number[], ours: [] as number[], hand: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    times.library.push(await timeAsync(() => reference.evaluate(message)))
    times.ours.push(time(() => ours.evaluate(message)))
    times.hand.push(time(() => hand(message)))
  }
  return { text, library: median(times.library), ours: median(times.ours), hand: median(times.hand) }
}

/** Microseconds of one call, measured over a slice of time. */
function time(run: () => unknown): number {
  let calls = 0
  let sink = 0
  const start = performance.now()
  let now = start
  while (now - start < SLICE) {
    for (let turn = 0; turn < 200; turn++) if (run() !== null) sink++
    calls += 200
    now = performance.now()
  }
  if (sink !== calls) throw new Error('an expression gave null')
  return ((now - start) * 1000) / calls
}

async function timeAsync(run: () => Promise<unknown>): Promise<number> {
  let calls = 0
  const start = performance.now()
  let now = start
  while (now - start < SLICE) {
    for (let turn = 0; turn < 50; turn++) await run()
    calls += 50
    now = performance.now()
  }
  return ((now - start) * 1000) / calls
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function print(all: readonly Row[]): void {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(52) : cell.padStart(10))).join(' ')
  console.log(line(['expression', 'library us', 'ours us', 'hand us', 'x library', '/ hand']))
  for (const { text, library, ours, hand } of all) {
    const short = text.length > 52 ? `${text.slice(0, 49)}...` : text
    const times = [library, ours, hand].map((value) => value.toFixed(3))
    console.log(line([short, ...times, (library / ours).toFixed(1), (ours / hand).toFixed(1)]))
  }
  const mean = Math.exp(all.reduce((sum, row) => sum + Math.log(row.library / row.ours), 0) / all.length)
  console.log(`geometric mean: ${mean.toFixed(1)} times the library`)
}
