import { describe, expect, it } from 'vitest'
import { checkText } from '../../engine/flow/index.ts'
import { flowLimits } from '../../engine/flow/limits.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const check = (document: unknown, before = '') =>
  checkText(`${before}${JSON.stringify(document)}`, {
    specs: nodeSpecs,
    connections: ['default'],
    secrets: () => undefined,
  }).problems.filter(({ severity }) => severity === 'error')

const node = (id: string, when = 'true') => ({ id, type: 'filter', config: { when } })

describe('C31: a flow is limited', () => {
  it('in bytes', () => {
    const small = { flow: 'a', nodes: [], wires: [] }
    const space = (bytes: number) => ' '.repeat(bytes - JSON.stringify(small).length)
    expect(check(small, space(flowLimits.fileBytes))).toEqual([])
    expect(check(small, space(flowLimits.fileBytes + 1))).toMatchObject([{ code: 'TOO_LARGE' }])
  })

  it('in nodes', () => {
    const nodes = Array.from({ length: flowLimits.nodes + 1 }, (_, index) => node(`n${index}`))
    expect(check({ flow: 'a', nodes: nodes.slice(1), wires: [] })).toEqual([])
    expect(check({ flow: 'a', nodes, wires: [] })).toMatchObject([{ code: 'TOO_LARGE' }])
  })

  it('in wires', () => {
    const side = Math.ceil(Math.sqrt(flowLimits.wires)) + 1
    const nodes = Array.from({ length: 2 * side }, (_, index) => node(`n${index}`))
    const wires = Array.from({ length: flowLimits.wires + 1 }, (_, index) => ({
      from: `n${index % side}.pass`,
      to: `n${side + Math.floor(index / side)}.in`,
    }))
    expect(check({ flow: 'a', nodes, wires: wires.slice(1) })).toEqual([])
    expect(check({ flow: 'a', nodes, wires })).toMatchObject([{ code: 'TOO_LARGE' }])
  })

  it('in the steps of paths in an expression', () => {
    const path = (steps: number) => `$exists(a${'.b'.repeat(steps)})`
    expect(check({ flow: 'a', nodes: [node('a', path(flowLimits.pathSteps))], wires: [] })).toEqual([])
    const over = check({ flow: 'a', nodes: [node('a', path(flowLimits.pathSteps + 1))], wires: [] })
    expect(over).toMatchObject([{ code: 'TOO_LARGE', at: 'nodes[0].config.when' }])
    // Numbers and sentences are no paths.
    const table = `[${Array.from({ length: 2000 }, () => '1.5').join()}][0] > 1`
    expect(check({ flow: 'a', nodes: [node('a', table)], wires: [] })).toEqual([])
  })

  it('in the length of an expression', () => {
    const long = (length: number) => `'${'x'.repeat(length - 6)}'='a'`.slice(0, length)
    const at = long(flowLimits.expressionLength - 0)
    expect(at).toHaveLength(flowLimits.expressionLength)
    expect(check({ flow: 'a', nodes: [node('a', at)], wires: [] })).toEqual([])
    const over = `${at} `
    expect(check({ flow: 'a', nodes: [node('a', over)], wires: [] }).length).toBeGreaterThan(0)
  })
})
