import { describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import template from '../../nodes/template.ts'
import { Bench } from './harness.ts'

function write(text: string, payload: unknown, onMissing?: string): unknown {
  const bench = new Bench(template, onMissing === undefined ? { text } : { text, onMissing })
  bench.send('in', { payload })
  const [found] = bench.takeSent().out ?? []
  return found === undefined ? bench.failures.map(({ code }) => code).join() : found.payload
}

describe('the template node', () => {
  it.each([
    ['plain } { text', 1, 'plain } { text'],
    ['', 1, ''],
    ['{{payload}}', 'a{{b}}', 'a{{b}}'],
    ['{{ payload }}{{ payload }}', 1.5, '1.51.5'],
    ['{{ "{{" }}', 1, '{{'],
    ['{{ "}}" }}!', 1, '}}!'],
    ['{{ payload }}', true, 'true'],
    ['{{ payload }}', [1, { a: 2 }], '[1,{"a":2}]'],
    ['{{ payload }}', { a: null }, '{"a":null}'],
    ['a\n{{ payload }}\n', 'b', 'a\nb\n'],
    ['{{ payload }}', null, 'WRONG_RESULT'],
    ['{{ payload.x }}', {}, 'WRONG_RESULT'],
    ['{{ payload }}', Uint8Array.of(1), 'WRONG_RESULT'],
    ['{{ $sqrt(payload) }}', -1, 'EXPRESSION_FAILED'],
  ])('%j with %j gives %j', (text, payload, wanted) => {
    expect(write(text, payload)).toBe(wanted)
  })

  it('may leave places empty, but not for what cannot be written', () => {
    expect(write('<{{ payload.x }}>', {}, 'empty')).toBe('<>')
    expect(write('<{{ payload }}>', null, 'empty')).toBe('<>')
    expect(write('<{{ payload }}>', Uint8Array.of(1), 'empty')).toBe('WRONG_RESULT')
  })

  it.each([
    ['{{ payload', '"{{ payload" has no "}}" behind it; write {{ expression }}, or {{ "{{" }} for the sign itself'],
    ['a {{ }} b', '"{{ }}" is empty; write an expression such as {{ payload.temperature }}'],
  ])('refuses %j', (text, message) => {
    expect(template.config.safeParse({ text }).error?.issues).toMatchObject([{ path: ['text'], message }])
  })

  it('names the expression that cannot be read', () => {
    const [issue] = template.config.safeParse({ text: 'a {{ payload. }} b' }).error?.issues ?? []
    expect(issue?.message).toMatch(/^JSONata cannot read "\{\{ payload\. \}\}": .+/)
  })

  it('a misspelled field is a warning of the check', () => {
    const schema = { type: 'object', properties: { celsius: { type: 'number' } }, additionalProperties: false }
    const document = {
      flow: 'typed',
      nodes: [
        { id: 's', type: 'mqtt-in', config: { topic: 'a', schema } },
        { id: 't', type: 'template', config: { text: 'now {{ payload.celsuis }}' } },
      ],
      wires: [{ from: 's.out', to: 't.in' }],
    }
    const { problems } = checkFlow(document, { specs: nodeSpecs })
    expect(problems.map(({ code, node, text }) => `${node} ${code} ${text}`).join()).toMatch(
      /^t EXPRESSION_WARNING .*celsuis/,
    )
  })
})
