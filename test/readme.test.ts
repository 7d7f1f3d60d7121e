import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { expect, it } from 'vitest'
import { commands } from '../engine/cli/run.ts'
import { startOptions } from '../engine/cli/start-options.ts'
import { startEngine } from './engine/start.ts'
import { until } from './tools/wait.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('the first rule of the README runs with its Python device, and its typo is found', { timeout: 60_000 }, async () => {
  const flow = JSON.parse(block('json')) as { flow: string }
  const test = await startEngine({ [flow.flow]: flow })
  try {
    await until(() => test.engine.health().ready, 'the engine')
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
    const heard: unknown[] = []
    client.on('message', (topic, payload) => heard.push([topic, JSON.parse(String(payload)).transition]))
    await client.subscribeAsync('alarms/#', { qos: 1 })
    const device = block('python').replace('"127.0.0.1", 1883', `"127.0.0.1", ${test.engine.mqttPort}`)
    await promisify(execFile)('/usr/bin/python3', ['-c', device], { timeout: 40_000 })
    await until(
      () => heard.length >= 2,
      () => `both events, not only ${JSON.stringify(heard)}`,
    )
    expect(heard).toEqual([
      ['alarms/attic', 'RAISED'],
      ['alarms/attic', 'CLEARED'],
    ])
    await client.endAsync()
    const broken = test.engine.flows.check(JSON.parse(block('json').replace('> 30', '>> 30')))
    expect(broken.plan).toBeUndefined()
    expect(broken.problems.map(({ code, at }) => [code, at])).toEqual([['WRONG_VALUE', 'nodes[1].config.raise']])
  } finally {
    await test.close()
  }
})

it('every script and option that the README names is there', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = [...readme.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(2)
  for (const name of named) expect(scripts, `npm run ${name}`).toHaveProperty([name])
  const section = readme.slice(readme.indexOf('| option |'), readme.indexOf('## A first rule'))
  for (const [, option] of section.matchAll(/--([a-z][a-z-]+)/g)) expect(startOptions).toHaveProperty([option ?? ''])
})

it('every link of the pages for people leads somewhere', () => {
  const root = new URL('../', import.meta.url)
  const docs = readdirSync(new URL('engine/docs/', root)).map((name) => `engine/docs/${name}`)
  const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'nodes/README.md', 'engine/rules/README.md', ...docs]
  const anchors = (page: string) => [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''))
  const dead = pages.flatMap((page) => {
    const from = new URL(page, root)
    const links = [...readFileSync(from, 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '')
    return links
      .filter((link) => !link.startsWith('https://'))
      .filter((link) => {
        const to = new URL(link, from)
        const anchor = to.hash.slice(1)
        to.hash = ''
        return !existsSync(to) || (anchor !== '' && !anchors(readFileSync(to, 'utf8')).includes(anchor))
      })
      .map((link) => `${page}: ${link}`)
  })
  expect(dead).toEqual([])
})

it('every command that the pages name is there', () => {
  const named = ['README.md', 'engine/docs/operations.md', 'engine/docs/security.md', 'engine/docs/history.md']
    .map((page) => readFileSync(new URL(`../${page}`, import.meta.url), 'utf8'))
    .flatMap((page) => [...page.matchAll(/(?:^|`)(?:npm run )?rulewire (?:-- )?([a-z][a-z-]+)/gm)])
    .map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(20)
  const there = commands.map(({ name }) => name)
  expect(named.filter((name) => !there.includes(name))).toEqual([])
})

it('every test that the guarantee table names is there', () => {
  const section = readme.slice(readme.indexOf('## What is promised'), readme.indexOf('## How it compares'))
  const named = [...section.matchAll(/\*([A-Z][^*]{20,}|[a-z][^*]{20,})\*/g)].map(([, name]) =>
    (name ?? '').replace(/\s+/g, ' ').replace(/[ :]*…$/, ''),
  )
  expect(named.length).toBeGreaterThan(9)
  const tests = readFileSync(new URL('faults/faults.test.ts', import.meta.url), 'utf8')
  for (const name of named) expect(tests, name).toContain(`it('${name}`)
})

/** What a forge makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** The first code block of a language. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1]
  if (found === undefined) throw new Error(`The README has no ${language}`)
  return found
}
