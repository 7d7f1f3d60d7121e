import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { reasonOf, rulewireError } from '../errors.ts'
import { type JunitFile, junitText, runRuleFile } from '../rules/index.ts'
import { openStore } from '../store/index.ts'
import { problemText } from './check.ts'
import { command } from './command.ts'
import { testFiles } from './files.ts'
import { flag, text } from './option.ts'
import { counted, exitCodes, paint, type Terminal } from './terminal.ts'
import { loadTests } from './test-files.ts'
import { resultText } from './test-report.ts'
import { watchDirectories } from './test-watch.ts'

const options = {
  watch: flag({ help: 'Runs again when a file changes, until Ctrl-C.' }),
  junit: text({ value: 'FILE', help: 'Writes the results as JUnit XML, for build servers.', fallback: undefined }),
}

export const testCommand = command({
  name: 'test',
  summary: 'Runs rule tests in virtual time and shows what is not as expected.',
  usage: '[FILE...] [--watch] [--junit FILE]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'a file or directory' },
  options,
  notes: `FILE is a NAME.test.json, the flow beside it, or a directory of them; without it: flows.
A file of rule tests:

  {
    "flow": "cold-chain",
    "start": "2026-01-01T00:00:00Z",
    "seed": 1,
    "disable": ["sim-kitchen"],
    "tests": [
      {
        "name": "a fridge that stays warm raises once",
        "steps": [
          { "publish": "fridges/kitchen/climate", "payload": { "f": 50 } },
          { "at": "+5s", "expect": { "too-warm.event": [{ "payload": { "transition": "RAISED" } }], "published": 1 } },
          { "nothing": ["too-warm.event"], "for": "10m" }
        ]
      }
    ]
  }

In a step, in this order:
  at       time goes on: "+5m" after the step before, or "2026-01-01T06:00:00Z"
  one of   publish (with payload, retain, qos, props): a message from a device
           send: { "node.input": { "payload": ... } }
           request: { "path": "orders/7", "body": ... } (with method, query, headers, refused): to a hook of the flow
           answer: { "status": 200, "body": ... } or { "failed": "why" }, for the oldest request
           command: { "node": ..., "name": "acknowledge", "key": ..., "by": ..., "note": ... }
           event: { "kind": "connection", "subject": ..., "state": ... }, to the nodes "status"
           forget: true, what came so far is not looked at
  for      time goes on, with nothing
  expect   what came since it was last looked at: "node.output", published, posted, answered, alarms,
           deadLetters, logs, each a list or a number; rows: { "table": list }; status: { "node": "text" }
  nothing  the same names, which must have given nothing

Fields that are not named are not compared; lists must have the same length. "at" in a list is when it came.
{ "$between": [20, 22] }, { "$matches": "^pump" } and { "$missing": true } stand for values.
Nothing is published or sent; with "echo": true in a test, what the flow publishes comes to its own sources.
A message that no node could take fails the test, unless deadLetters is expected.

Exit code: 0 all as expected, 1 not, or a file has problems, 2 wrong usage.`,
  run: async ({ values, words, terminal }) => {
    const again = () => runTests(words.length === 0 ? ['flows'] : words, values.junit, terminal)
    if (!values.watch) return again()
    return watchDirectories({ directories: directoriesOf(words), run: again, terminal })
  },
})

/** Runs the tests once and tells how it went. Throws FILE_UNREADABLE and NO_RULE_TESTS. */
function runTests(paths: readonly string[], junit: string | undefined, terminal: Terminal): number {
  const started = performance.now()
  const files = testFiles(paths).map((file) => runFile(file, terminal))
  const tests = files.flatMap(({ result }) => result?.tests ?? [])
  const failed = tests.filter(({ failures }) => failures.length > 0).length
  const broken = files.filter(({ result }) => result === undefined).length
  if (junit !== undefined) write(junit, junitText(files))
  const parts = [counted(files.length, 'file'), counted(tests.length, 'test'), `${failed} failed`]
  if (broken > 0) parts.push(`${counted(broken, 'file')} with problems`)
  const good = failed + broken === 0
  const time = `${Math.round(performance.now() - started)} ms`
  terminal.out(`${paint(terminal, good ? 'green' : 'red', parts.join(', '))}, ${time}\n`)
  return good ? exitCodes.ok : exitCodes.problems
}

function runFile(file: string, terminal: Terminal): JunitFile {
  const started = performance.now()
  const { loaded, problems, locate } = loadTests(file)
  const result = loaded === undefined ? {} : { result: runRuleFile(loaded, () => openStore(':memory:')) }
  const seconds = (performance.now() - started) / 1000
  for (const one of problems) terminal.out(problemText(one, terminal))
  if (result.result !== undefined) terminal.out(resultText(result.result, locate, terminal))
  return { file, problems, seconds, ...result }
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content)
  } catch (cause) {
    throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}

function directoriesOf(words: readonly string[]): string[] {
  const paths = words.length === 0 ? ['flows'] : words
  return [...new Set(paths.map((path) => (path.endsWith('.json') ? dirname(path) : path)))]
}
