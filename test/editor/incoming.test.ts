import { expect, test } from 'vitest'
import type { Client } from '../../editor/view/api/client.ts'
import { createFlowsStore } from '../../editor/view/state/flows.ts'
import { createIncoming } from '../../editor/view/state/incoming.ts'
import type { UiStore } from '../../editor/view/state/ui.ts'
import { en } from '../../editor/view/text/en.ts'
import { translator } from '../../editor/view/text/languages.ts'
import type { Problem } from '../../engine/errors.ts'
import type { FlowSummary } from '../../engine/server/protocol.ts'

const typo: Problem = {
  code: 'EXPRESSION_WARNING',
  severity: 'warning',
  text: 'no such field',
  hint: '',
  flow: 'attic',
}

function summaryWith(problems: Problem[], flow = 'attic'): FlowSummary {
  return { flow, title: 'Attic', disabled: false, nodes: 0, status: 'running', hash: '1', problems }
}

/** The part that takes flows in, with a client that has every flow and a note of which drafts were checked. */
function start(arrived: (flow: string) => Promise<void> = async () => undefined) {
  const nothing = () => null
  const checked: string[] = []
  const flows = createFlowsStore()
  const flow = async (name: string) => {
    await arrived(name)
    return { ...summaryWith([], name), document: { flow: name, nodes: [], wires: [] }, types: {} }
  }
  const incoming = createIncoming({
    // Nothing else of the client and of the screen is used.
    client: { flow } as unknown as Client,
    ui: {} as UiStore,
    storage: { length: 0, key: () => null, getItem: nothing, setItem: nothing, removeItem: nothing, clear: nothing },
    flows,
    drafts: { keep: nothing, check: (name) => checked.push(name) },
    toast: nothing,
    fail(thrown) {
      throw thrown
    },
    t: translator(en),
  })
  return { incoming, checked, flows }
}

test('a draft is checked again when the engine finds out more about a flow that did not change', async () => {
  const { incoming, checked } = start()
  await incoming.takeAll([summaryWith([])])
  expect(checked).toEqual(['attic'])
  await incoming.takeAll([{ ...summaryWith([]), deployed: 2 }])
  expect(checked).toEqual(['attic'])
  await incoming.takeAll([summaryWith([typo])])
  expect(checked).toEqual(['attic', 'attic'])
})

test('flows stand in the order of the engine, whichever of them arrives first', async () => {
  const late = Promise.withResolvers<void>()
  const { incoming, flows } = start(async (flow) => (flow === 'attic' ? late.promise : late.resolve()))
  await incoming.takeAll([summaryWith([]), summaryWith([], 'cellar')])
  expect(flows.getState().order).toEqual(['attic', 'cellar'])
})

test('a text has the word for one and for several', () => {
  const t = translator(en)
  expect([0, 1, 2].map((count) => t('problems.count', { count }))).toEqual(['0 problems', '1 problem', '2 problems'])
})
