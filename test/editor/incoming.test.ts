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

function summaryWith(problems: Problem[]): FlowSummary {
  return { flow: 'attic', title: 'Attic', disabled: false, nodes: 0, status: 'running', hash: '1', problems }
}

/** The part that takes flows in, with a client that has one flow and a note of which drafts were checked. */
function start() {
  const nothing = () => null
  const checked: string[] = []
  const document = { flow: 'attic', nodes: [], wires: [] }
  const flow = async () => ({ ...summaryWith([]), document, types: {} })
  const incoming = createIncoming({
    // Nothing else of the client and of the screen is used.
    client: { flow } as unknown as Client,
    ui: {} as UiStore,
    storage: { length: 0, key: () => null, getItem: nothing, setItem: nothing, removeItem: nothing, clear: nothing },
    flows: createFlowsStore(),
    drafts: { keep: nothing, check: (name) => checked.push(name) },
    toast: nothing,
    fail(thrown) {
      throw thrown
    },
    t: translator(en),
  })
  return { incoming, checked }
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
