import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { harmless, paint } from '../../engine/cli/terminal.ts'
import { spawnRulewire } from '../cli/child.ts'
import { fakeTerminal } from '../cli/terminal.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

/** What a device may call itself in a topic. */
const names = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</text></svg><svg onload=alert(1)>',
  ']]><b>&lt;',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u009b31mred',
  '\u202eexe.gpj',
]

const document = {
  flow: 'fridges',
  nodes: [
    { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}' } },
    { id: 'warm', type: 'alarm', config: { key: 'params.fridge', value: 'payload.c', raise: '> 8' } },
  ],
  wires: [{ from: 'in.out', to: 'warm.in' }],
}

/** Runs a backtest over messages of these devices in a process of its own. */
async function backtest() {
  const { path } = temporaryDirectory('hostile')
  const lines = names.flatMap((name) =>
    [5, 12, 5].map((c, minute) => {
      const topic = `fridges/${name.replaceAll('/', '\u2215')}`
      return JSON.stringify({ time: Date.UTC(2026, 0, 1, 0, minute), topic, payload: { c } })
    }),
  )
  writeFileSync(join(path, 'in.jsonl'), `${lines.join('\n')}\n`)
  writeFileSync(join(path, 'fridges.json'), JSON.stringify(document))
  const page = join(path, 'page.html')
  const child = spawnRulewire(['backtest', 'fridges.json', '--input', 'in.jsonl', '--html', page], { cwd: path })
  expect(await child.ended, child.err).toMatchObject({ code: 0 })
  return { html: readFileSync(page, 'utf8'), out: child.out }
}

describe('C23: names of devices', () => {
  it('are text in the page and on the terminal of a backtest', async () => {
    const { html, out } = await backtest()
    const tags = new Set(Array.from(html.matchAll(/<[^>]*>?/g), ([tag]) => tag.replace(/=?"[^"]*"/g, '')))
    expect([...tags].filter((tag) => !/^<(?:!doctype html|\/?[a-z0-9]+(?: [a-zA-Z0-9-]+)*\/?)>$/.test(tag))).toEqual([])
    expect([...tags].filter((tag) => /script|img|\bon\w+/i.test(tag))).toEqual([])
    expect(html).toContain('&#60;script&#62;alert')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
    expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(out).toContain('\\u001b[2J\\u001b]0;owned\\u0007')
  })

  it('cannot write over what a terminal shows, and colours of our own stay', () => {
    const colored = fakeTerminal({}, true)
    expect(harmless(paint(colored, 'red', 'a\r\u001b[Kb'))).toBe('\u001b[31ma\\r\\u001b[Kb\u001b[39m')
    expect(harmless('\r12 %\u001b[K')).toBe('\r12 %\u001b[K')
    expect(harmless('one\n\ttwo\u001b[2J')).toBe('one\n\ttwo\\u001b[2J')
  })
})
