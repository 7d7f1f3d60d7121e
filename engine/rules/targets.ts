import { type Problem, problem } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import { pathText } from '../flow/path.ts'
import { listed, shortText, suggester } from '../flow/words.ts'
import { otherNames, type RuleStep, type RuleTest } from './document.ts'

/** Finds what a test names and the flow does not have: nodes and ports. `base` is the path of the test in its file. */
export function targetProblems(test: RuleTest, plan: Plan, base: readonly (string | number)[]): Problem[] {
  const nodes = plan.nodes.map(({ id }) => id)
  const inputs = portsOf(plan, 'inputs')
  const outputs = portsOf(plan, 'outputs')
  const seen = [...outputs, ...otherNames]
  return test.steps.flatMap((step, index) => {
    const at = [...base, 'steps', index]
    const named = (what: string, names: readonly Named[], choices: readonly string[]) =>
      missing({ flow: plan.flow, what, choices }, names, at)
    return [
      ...named('input', fieldsOf(step.send, 'send'), inputs),
      ...named('output', expectedOf(step), seen),
      ...named(
        'output',
        (step.nothing ?? []).map((name, place) => ({ name, path: ['nothing', place] })),
        seen,
      ),
      ...named('node', fieldsOf(step.expect?.status, 'expect', 'status'), nodes),
      ...named(
        'node',
        step.command === undefined ? [] : [{ name: step.command.node, path: ['command', 'node'] }],
        nodes,
      ),
    ]
  })
}

/** Finds nodes to leave out that the flow does not have. */
export function disableProblems(
  disable: readonly string[],
  about: { flow: string; choices: readonly string[] },
  base: readonly (string | number)[],
): Problem[] {
  const names = disable.map((name, place) => ({ name, path: ['disable', place] }))
  return missing({ ...about, what: 'node' }, names, base)
}

interface Named {
  name: string
  path: readonly (string | number)[]
}

function missing(
  { flow, what, choices }: { flow: string; what: string; choices: readonly string[] },
  names: readonly Named[],
  base: readonly (string | number)[],
): Problem[] {
  const near = suggester(choices)
  return names.flatMap(({ name, path }) => {
    if (choices.includes(name)) return []
    const values = { flow, what, name: shortText(name), suggestion: near(name), choices: listed(choices) }
    return [problem('TEST_TARGET', values, { at: pathText([...base, ...path]) })]
  })
}

/** All that is expected, besides rows and status, which have names of their own below. */
function expectedOf({ expect }: RuleStep): Named[] {
  return fieldsOf(expect, 'expect').filter(({ name }) => name !== 'rows' && name !== 'status')
}

function fieldsOf(fields: object | undefined, ...path: string[]): Named[] {
  return Object.keys(fields ?? {}).map((name) => ({ name, path: [...path, name] }))
}

/** An error port gives nothing unless it is wired: then a failure becomes a dead letter. */
function portsOf(plan: Plan, side: 'inputs' | 'outputs'): string[] {
  return plan.nodes.flatMap(({ id, wires, [side]: ports }) => {
    const names = Object.keys(ports).filter(
      (port) => port !== 'error' || side === 'inputs' || (wires.error ?? []).length > 0,
    )
    return names.map((port) => `${id}.${port}`)
  })
}
