import { expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'

it('the error node gives messages whose error is known to the nodes behind it', () => {
  const document = {
    flow: 'typed',
    nodes: [
      { id: 'e', type: 'error', config: {} },
      { id: 'f', type: 'filter', config: { when: 'error.code = "WRONG_RESULT" and params.fridge = "a"' } },
      { id: 'g', type: 'filter', config: { when: 'error.kode = "WRONG_RESULT"' } },
    ],
    wires: [
      { from: 'e.out', to: 'f.in' },
      { from: 'e.out', to: 'g.in' },
    ],
  }
  const { problems } = checkFlow(document, { specs: nodeSpecs })
  expect(problems.map(({ code, node }) => `${node} ${code}`)).toEqual(['g EXPRESSION_WARNING'])
})
