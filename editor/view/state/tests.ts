import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Problem } from '../../../engine/errors.ts'
import type { RuleCoverage, RuleTestResult, RuleTestsFile } from '../../../engine/server/protocol-tests.ts'
import type { FlowDocument } from '../../core/document.ts'
import { isObject } from '../../core/path.ts'
import type { SeenMessage } from '../../core/recording.ts'
import { lineText, parsedJson } from '../../core/samples.ts'
import { ApiError } from '../api/client.ts'
import { whyNot } from '../people/may.ts'
import type { Editor } from './editor.ts'
import type { FailedPort, TestMarks } from './ui.ts'

/** The rule tests of one flow, as they are shown and edited. */
export interface FlowTests {
  file: RuleTestsFile | undefined
  /** As it is typed. */
  text: string
  /** By place in the list of tests. */
  results: ReadonlyMap<number, RuleTestResult>
  problems: readonly Problem[]
  coverage: RuleCoverage | undefined
  /** What ran last: the draft as it was, and the text. */
  ran: { document: FlowDocument; text: string } | undefined
  busy: boolean
  chosen: number
  view: 'result' | 'edit' | 'record'
  /** Where the editor goes to: an offset of the text. A new object goes there again. */
  goTo: { offset: number } | undefined
  showCoverage: boolean
  /** Messages that the next test is made from, when somebody else has chosen them. */
  seed: readonly SeenMessage[] | undefined
  /** Run again whenever the draft or the tests change. */
  follow: boolean
}

export type TestsStore = StoreApi<Readonly<Record<string, FlowTests>>>

export function createTestsStore(): TestsStore {
  return createStore(() => ({}))
}

export const noTests: FlowTests = {
  file: undefined,
  text: '',
  results: new Map(),
  problems: [],
  coverage: undefined,
  ran: undefined,
  busy: false,
  chosen: 0,
  view: 'result',
  goTo: undefined,
  showCoverage: true,
  seed: undefined,
  follow: false,
}

export function patchTests(editor: Editor, flow: string, patch: Partial<FlowTests>): void {
  editor.tests.setState((state) => ({ ...state, [flow]: { ...noTests, ...state[flow], ...patch } }))
  if (patch.text !== undefined || patch.file !== undefined) keepTyped(editor, flow)
}

const prefix = 'rulewire:tests:'

/** What was typed and not saved is kept in the browser, as drafts of flows are. */
function keepTyped(editor: Editor, flow: string): void {
  const { file, text } = editor.tests.getState()[flow] ?? noTests
  if (file === undefined) return
  try {
    if (text === file.text) editor.storage.removeItem(prefix + flow)
    else editor.storage.setItem(prefix + flow, text)
  } catch (thrown) {
    // A browser without room for it says so once a flow is kept, too; here nothing else is lost.
    console.warn('The tests are not kept in this browser.', thrown)
  }
}

/** Fetches the file; what was typed and not saved stays. */
export async function loadTests(editor: Editor, flow: string): Promise<void> {
  try {
    const file = await editor.client.tests.file(flow)
    const known = editor.tests.getState()[flow]
    const typed = known?.file === undefined ? editor.storage.getItem(prefix + flow) : known.text
    const kept = typed !== null && typed !== (known?.file?.text ?? file.text)
    patchTests(editor, flow, { file, text: kept ? typed : file.text })
  } catch (thrown) {
    editor.fail(thrown)
  }
}

/** Runs all tests of a flow on its draft, or those at some places. */
export async function runTests(editor: Editor, flow: string, places?: readonly number[]): Promise<void> {
  const known = editor.tests.getState()[flow]
  const document = editor.flows.getState().flows[flow]?.history.document
  if (known === undefined || document === undefined || known.busy || whyNot(editor, 'editor') !== undefined) return
  const { text } = known
  patchTests(editor, flow, { busy: true })
  try {
    const request = { document, text, ...(places === undefined ? {} : { tests: [...places] }) }
    const answer = await editor.client.tests.run(flow, request)
    const fresh = new Map(answer.tests.map((test) => [test.place, test]))
    const before = editor.tests.getState()[flow] ?? noTests
    patchTests(editor, flow, {
      problems: answer.problems,
      results: places === undefined || !answer.ran ? fresh : new Map([...before.results, ...fresh]),
      ...(places === undefined ? { coverage: answer.coverage, ran: { document, text } } : {}),
      view: before.view === 'record' ? 'result' : before.view,
    })
    showFailure(editor, flow, places === undefined)
    const failed = answer.tests.filter(({ passed }) => !passed).length
    const key = !answer.ran ? 'tests.notRun' : failed > 0 ? 'tests.saidFailed' : 'tests.saidPassed'
    editor.say(editor.t(key, { count: answer.tests.length, failed }))
  } catch (thrown) {
    editor.fail(thrown)
  } finally {
    patchTests(editor, flow, { busy: false })
  }
}

/** Brings the node into view at which the chosen test failed; of a whole run the first test that did is chosen. */
function showFailure(editor: Editor, flow: string, choose: boolean): void {
  const { results, chosen } = editor.tests.getState()[flow] ?? noTests
  const first = [...results.values()].find(({ passed }) => !passed)
  const shown = choose && results.get(chosen)?.passed !== false ? first : results.get(chosen)
  if (shown === undefined || shown.passed) return
  patchTests(editor, flow, { chosen: shown.place })
  const node = shown.failures.find((failure) => failure.node !== undefined)?.node
  if (node !== undefined) editor.canvas.current?.reveal(node, { focus: false })
}

/** Writes the file; false when it was refused, with the reason shown. */
export async function saveTests(editor: Editor, flow: string, text: string): Promise<boolean> {
  const known = editor.tests.getState()[flow]
  try {
    const file = await editor.client.tests.save(flow, text, known?.file?.hash ?? '')
    patchTests(editor, flow, { file, text, problems: [] })
    editor.toast({ tone: 'ok', text: editor.t('tests.saved', { file: file.file }) })
    return true
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.answer.problems !== undefined)
      patchTests(editor, flow, { problems: thrown.answer.problems })
    if (thrown instanceof ApiError && thrown.answer.code === 'CHANGED_MEANWHILE') {
      // What was typed stays; who saves again knows that it goes over the other change.
      patchTests(editor, flow, { text, file: await editor.client.tests.file(flow) })
      editor.toast({ tone: 'error', text: editor.t('tests.changedMeanwhile') })
    } else editor.fail(thrown)
    return false
  }
}

/** What is marked on the canvas: where a test failed, and what no test reaches. */
export function marksOf({ results, chosen, coverage, showCoverage }: FlowTests): TestMarks {
  const nodes = new Map<string, 'failed' | 'missed'>()
  const ports = new Map<string, FailedPort | 'missed'>()
  if (coverage !== undefined && showCoverage) {
    for (const id of coverage.nodes.missed) nodes.set(id, 'missed')
    for (const port of coverage.ports.missed) ports.set(port, 'missed')
  }
  const failed = results.get(chosen)
  for (const failure of failed?.failures ?? []) {
    const { node, port, text, lines } = failure
    if (node === undefined) continue
    nodes.set(node, 'failed')
    const line = lines.find(({ kind }) => kind !== 'same')
    const found = failure.unreached && line?.found === undefined ? undefined : line?.found
    if (port !== undefined)
      ports.set(`${node}.${port}`, { text, expected: shortened(line?.expected), found: shortened(found) })
  }
  return { nodes, ports }
}

/** Of an item its payload, where it has one; for a label there is no room for more. */
function shortened(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parsedJson(text)
  if (text === undefined || !isObject(value)) return text
  const { at, payload, ...rest } = value
  const shown = payload !== undefined ? payload : rest
  return lineText(JSON.stringify(shown), 60) + (typeof at === 'string' && payload === undefined ? ` ${at}` : '')
}
