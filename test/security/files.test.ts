import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnRulewire } from '../cli/child.ts'
import { ask } from '../server/ask.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

let home: string
let child: ReturnType<typeof spawnRulewire>
let port: number
beforeEach(async () => {
  home = temporaryDirectory('files').path
  mkdirSync(join(home, 'flows'))
  writeFileSync(join(home, 'secret.json'), '{ "flow": "secret", "nodes": [], "wires": [] }')
  const where = ['--flows', join(home, 'flows'), '--data', join(home, 'data')]
  child = spawnRulewire(['start', ...where, '--port', '0', '--mqtt-port', '0'], { cwd: home })
  await child.started()
  port = Number(new URL(child.url).port)
})
afterEach(() => child.kill())

const document = (flow: string) => ({ flow, nodes: [], wires: [] })

describe('C30: names of flows', () => {
  it('never become paths outside the directory of flows', async () => {
    const outside = [
      '..%2fsecret',
      '%2e%2e%2fsecret',
      '..%5csecret',
      '%2fetc%2fpasswd',
      'a%00b',
      '.secret',
      'A',
      'a_b',
      'x'.repeat(65),
      '..',
    ]
    for (const name of outside) {
      const flow = decodeURIComponent(name)
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { document: document(flow) }],
        ['DELETE', undefined],
      ] as const) {
        const reply = await ask(port, method, `/api/v1/flows/${name}`, body === undefined ? {} : { body })
        expect(reply.status, `${method} ${name}: ${reply.text}`).toBeGreaterThanOrEqual(400)
        expect(reply.status, `${method} ${name}: ${reply.text}`).toBeLessThan(500)
        expect(reply.text).not.toContain('"flow": "secret"')
      }
    }
    expect(readdirSync(join(home, 'flows'))).toEqual([])
    expect(existsSync(join(home, 'secret.json'))).toBe(true)
    expect(readFileSync(join(home, 'secret.json'), 'utf8')).toContain('"secret"')
  })

  it('in a document are those of the path', async () => {
    const reply = await ask(port, 'PUT', '/api/v1/flows/one', { body: { document: document('../two') } })
    expect(reply.status).toBe(422)
    expect(readdirSync(home).sort()).toEqual(['data', 'flows', 'secret.json'])
  })
})
