import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { outputDirectory } from '../../editor/paths.ts'
import { until } from '../tools/wait.ts'
import { axe } from './axe.ts'
import { startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

/** Texts that become code, styles or markup where somebody is careless. */
const attacks = [
  '<img src=x onerror="window.hit=1">',
  '"><script>window.hit=1</script>',
  "javascript:window.hit=1//'",
  '<svg/onload=window.hit=1>',
  '{{constructor.constructor("window.hit=1")()}}',
  '\u202Egnp.exe\u0000<b>bold</b>',
]

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  const flows = [roomFlow(), largeFlow(2000), hostileFlow()]
  ;[engine, browser] = await Promise.all([startEngine(flows), startBrowser()])
  writeFileSync(join(engine.flows, 'hostile.test.json'), JSON.stringify(hostileTests()))
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

describe('C21, C23: what devices and files say', () => {
  it('is shown as text everywhere, and runs nowhere', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="hostile"]').click()
      await page.locator('[data-node="in"]').waitFor()
      const client = await engine.mqtt()
      for (const attack of attacks)
        await client.publishAsync('hostile/a', JSON.stringify({ [attack]: attack, text: attack }), { qos: 1 })
      await page.locator('[data-node="in"]').click()
      await page.locator('[data-last="in.out"] pre').getByText('bold').waitFor()
      // On the canvas, in the form, on a wire, in the outline, in the search, in the deploy dialog, in problems.
      await page.locator('.react-flow__edge').first().hover({ force: true })
      await page.keyboard.press('3')
      await page.keyboard.press('Control+f')
      await page.keyboard.type('onerror')
      await page.locator('[role="option"]').first().waitFor()
      expect(await page.locator('[role="option"]').first().innerText()).toContain('<img src=x')
      await page.keyboard.press('Enter')
      await page.locator('[data-node="evil"]').click()
      await page.keyboard.press('Delete')
      await page.keyboard.press('Control+Enter')
      await page.locator('[data-change="remove"]').getByText('<img src=x').waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+z')
      await page.keyboard.press('p')
      // In rule tests and what came of them, in the list of secrets' users, in the audit log.
      await openDrawer(page, 'tests')
      await page.locator('[data-run-tests]').click()
      await page.locator('[data-test-result="failed"]').getByText('<img src=x').first().waitFor()
      await page.locator('[data-account]').click()
      await page.getByRole('tab', { name: 'API tokens', exact: true }).click()
      for (const attack of attacks.slice(0, 2)) {
        await page.locator('[data-make-token]').getByLabel('What it is for').fill(attack)
        await page.keyboard.press('Enter')
        await page.locator('[data-token]').getByText(attack, { exact: true }).waitFor()
      }
      await page.getByRole('tab', { name: 'Audit log', exact: true }).click()
      await page.locator('[data-audit="token.make"]').getByText('<img src=x').waitFor()
      expect(await page.evaluate(() => Reflect.get(window, 'hit'))).toBeUndefined()
      expect(await page.locator('#root img, #root script, #root b').count()).toBe(0)
      expect(complaints).toEqual([])
    })
  })
})

describe('alarms', () => {
  it('are listed with their value and limit, acknowledged with a note by keyboard, and that is published', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      const client = await engine.mqtt()
      const events: { transition: string; note?: string }[] = []
      client.on('message', (_, payload) => events.push(JSON.parse(String(payload))))
      await client.subscribeAsync('alarms/kitchen', { qos: 1 })
      await client.publishAsync('room/kitchen', JSON.stringify({ t: 30.5 }), { qos: 1 })
      await page.locator('[data-flow="room"]').click()
      await openDrawer(page, 'alarms')
      await page.locator('[data-alarm="kitchen"][data-waiting]').getByText('30.5, limit 25').waitFor()
      expect(await axe(page)).toEqual([])
      for (let step = 0; step < 80; step++) {
        const at = await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
        if (at === 'Note: kitchen') break
        await page.keyboard.press('Tab')
      }
      await page.keyboard.type('window was open')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.locator('[data-alarm="kitchen"]:not([data-waiting])').getByText('window was open').waitFor()
      await until(() => events.length >= 2, 'both events')
      expect(events.map(({ transition }) => transition)).toEqual(['RAISED', 'ACKED'])
      expect(complaints).toEqual([])
    })
  })
})

describe('every screen', () => {
  it('has nothing that axe finds, in light and in dark', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="room"]').click()
      await page.locator('[data-node="warm"]').waitFor()
      const found: string[] = []
      // The colours are all that differs in the dark.
      const look = async (screen: string) => {
        found.push(...(await axe(page)).map((text) => `${screen}: ${text}`))
        await page.emulateMedia({ colorScheme: 'dark' })
        found.push(...(await axe(page, ['color-contrast'])).map((text) => `${screen}, dark: ${text}`))
        await page.emulateMedia({ colorScheme: 'light' })
      }
      await look('flow')
      await page.locator('[data-node="warm"]').click()
      await page.locator('[data-field="when"] .cm-content').waitFor()
      await page.locator('[data-field="when"] .cm-content').click()
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText('payload.t >')
      await page.locator('[data-problems="1"]').click()
      await page.locator('[data-field="when"] li').waitFor()
      await look('settings with a problem')
      await page.locator('[data-node="tell"]').click()
      await look('settings of another node')
      await page.keyboard.press('3')
      await page.getByRole('treeitem').first().waitFor()
      await look('outline')
      await page.keyboard.press('2')
      await page.getByLabel('Topic filter to watch').waitFor()
      await look('topics')
      await page.keyboard.press('Escape')
      for (const drawer of ['try', 'trace', 'alarms', 'letters', 'tests', 'backtest']) {
        await openDrawer(page, drawer)
        if (drawer === 'tests') await page.locator('[data-run-tests]').waitFor()
        if (drawer === 'backtest') await page.locator('[data-recorded-history]').waitFor()
        await look(drawer)
      }
      for (const [screen, keys] of [
        ['commands', 'Control+k'],
        ['search', 'Control+f'],
        ['deploy', 'Control+Enter'],
        ['rename', 'F2'],
      ] as const) {
        // A key that is pressed while the dialog before is still closing goes to nobody: then it is pressed again.
        await until(
          async () => {
            await page.keyboard.press(keys)
            return page
              .getByRole('dialog')
              .waitFor({ timeout: 5000 })
              .then(
                () => true,
                () => false,
              )
          },
          `the dialog of ${keys}`,
          20_000,
        )
        await page.locator('[data-confirm], dialog input').first().waitFor()
        await look(screen)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'hidden' })
      }
      for (const command of ['Publish a message', 'New flow', 'Import a flow', 'Keyboard', 'Delete the flow']) {
        await page.keyboard.press('Control+k')
        await page.getByRole('dialog').getByRole('combobox').fill(command)
        await page.keyboard.press('Enter')
        await page
          .getByRole('dialog', { name: new RegExp(command === 'Delete the flow' ? 'Delete' : command) })
          .waitFor()
        await look(command)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'hidden' })
      }
      await page.locator('[data-account]').click()
      for (const tab of ['Account', 'API tokens', 'Users', 'Secrets', 'Broker users', 'Audit log']) {
        await page.getByRole('tab', { name: tab, exact: true }).click()
        await page.locator('[data-admin]').getByText('Loading…').waitFor({ state: 'detached' })
        await look(tab)
      }
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await page.getByRole('button', { name: 'What to do with the flow' }).click()
      await page.getByRole('menu').waitFor()
      await look('menu')
      await page.keyboard.press('Escape')
      await page.keyboard.press('g')
      await page.keyboard.press('n')
      await page.locator('[data-picker]').waitFor()
      await look('quick add')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: '中文' }).click()
      await page.getByRole('button', { name: '发布消息' }).waitFor()
      await look('Chinese')
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
      expect(found).toEqual([])
      expect(complaints).toEqual([])
    })
  }, 120_000)
})

describe('speed', () => {
  it('of 2,000 nodes at zoom 1 only what is seen is mounted', async () => {
    await withPage(browser, engine.url, {}, async ({ page }) => {
      await page.locator('[data-flow="large"]').click()
      await page.locator('[data-node]').first().waitFor()
      await zoomToOne(page)
      await expect
        .poll(() => page.locator('.react-flow__node').count(), { timeout: 20_000 })
        .toSatisfy((count: number) => count > 5 && count < 150)
    })
  })

  it('a live tick makes no React commit', async () => {
    const before = async (page: Page) => {
      await page.addInitScript(() => {
        const counter = { commits: 0 }
        Reflect.set(window, 'counter', counter)
        Reflect.set(window, '__REACT_DEVTOOLS_GLOBAL_HOOK__', {
          supportsFiber: true,
          renderers: new Map(),
          inject: () => 1,
          checkDCE: () => undefined,
          onCommitFiberUnmount: () => undefined,
          onPostCommitFiberRoot: () => undefined,
          onCommitFiberRoot: () => {
            counter.commits++
          },
        })
      })
    }
    await withPage(browser, engine.url, { before }, async ({ page }) => {
      await page.locator('[data-flow="room"]').click()
      const node = page.locator('[data-node="in"]')
      await node.waitFor()
      const commits = () => page.evaluate(() => (Reflect.get(window, 'counter') as { commits: number }).commits)
      const client = await engine.mqtt()
      await client.publishAsync('room/kitchen', JSON.stringify({ t: 0 }), { qos: 1 })
      await node.getByText('t: 0').waitFor()
      // The check of the draft and the first values are over: what commits now, commits for a tick.
      await expect
        .poll(
          async () => {
            const first = await commits()
            await page.waitForTimeout(400)
            return (await commits()) - first
          },
          { timeout: 20_000 },
        )
        .toBe(0)
      const first = await commits()
      expect(first).toBeGreaterThan(0)
      for (let value = 1; value <= 8; value++) {
        await client.publishAsync('room/kitchen', JSON.stringify({ t: value }), { qos: 1 })
        await node.getByText(`t: ${value}`).waitFor()
      }
      expect((await commits()) - first).toBe(0)
    })
  })

  it('the first load is at most 350 kB gzipped', () => {
    const html = readFileSync(join(outputDirectory, 'index.html'), 'utf8')
    const files = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map((match) => match[1] ?? '')
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(outputDirectory, file))).length, 0)
    console.log(`First load: ${files.length} files, ${Math.round(bytes / 1000)} kB gzipped`)
    expect(files.length).toBeGreaterThan(1)
    expect(bytes).toBeLessThan(350_000)
    expect(readdirSync(join(outputDirectory, 'assets')).length).toBeGreaterThan(files.length)
  })
})

async function openDrawer(page: Page, drawer: string): Promise<void> {
  const names: Record<string, string> = {
    try: 'Test run of the draft',
    trace: 'Trace of one message',
    alarms: 'Alarms',
    letters: 'Failed messages',
    tests: 'Rule tests',
    backtest: 'Backtest of the draft',
  }
  const name = names[drawer] ?? drawer
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill(name)
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name }).waitFor()
}

async function zoomToOne(page: Page): Promise<void> {
  await expect
    .poll(
      async () => {
        const zoom = Number.parseInt((await page.locator('#zoom').innerText()) ?? '0', 10)
        if (zoom < 95) await page.keyboard.press('+')
        return zoom
      },
      { timeout: 10_000, interval: 60 },
    )
    .toBeGreaterThanOrEqual(95)
}

function roomFlow(): FlowDocument {
  return {
    flow: 'room',
    title: 'Room',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'room/{room}' } },
      { id: 'warm', type: 'filter', config: { when: 'payload.t > 25' } },
      { id: 'tell', type: 'mqtt-out', config: { topic: 'warm/{room}' } },
      {
        id: 'too-warm',
        type: 'alarm',
        config: { key: 'params.room', value: 'payload.t', raise: '> 25', requireAck: true },
      },
      { id: 'events', type: 'mqtt-out', config: { topic: 'alarms/{room}' } },
    ],
    wires: [
      { from: 'in.out', to: 'warm.in' },
      { from: 'warm.pass', to: 'tell.in' },
      { from: 'in.out', to: 'too-warm.in' },
      { from: 'too-warm.event', to: 'events.in' },
    ],
    layout: { in: [80, 80], warm: [340, 80], tell: [620, 80], 'too-warm': [340, 200], events: [620, 200] },
  }
}

/** Chains of filters, as one wide grid. */
function largeFlow(count: number): FlowDocument {
  const nodes = Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    type: 'filter',
    config: { when: 'payload > 0' },
  }))
  const wires = nodes.flatMap((node, index) =>
    index % 10 === 9 ? [] : [{ from: `${node.id}.pass`, to: `n${index + 1}.in` }],
  )
  const layout = Object.fromEntries(
    nodes.map((node, index): [string, [number, number]] => [
      node.id,
      [(index % 50) * 240, Math.floor(index / 50) * 110],
    ]),
  )
  return { flow: 'large', title: 'Large', nodes, wires, layout }
}

function hostileFlow(): FlowDocument {
  const [image = '', script = ''] = attacks
  return {
    flow: 'hostile',
    title: script,
    description: image,
    nodes: [
      { id: 'in', type: 'mqtt-in', title: image, config: { topic: 'hostile/{name}' } },
      { id: 'evil', type: 'filter', title: image, config: { when: `"${image.replaceAll('"', '')}" = payload.text` } },
    ],
    wires: [{ from: 'in.out', to: 'evil.in' }],
    layout: { in: [80, 80], evil: [340, 80] },
  }
}

/** A test whose name, expectation and messages are attacks; it fails, so that all of them are shown. */
function hostileTests(): unknown {
  const [image = ''] = attacks
  const steps = attacks.map((attack) => ({ publish: 'hostile/a', payload: { text: attack } }))
  const expected = { 'in.out': attacks.map((attack) => ({ payload: { text: `${attack}?` } })) }
  return { flow: 'hostile', tests: [{ name: image, steps: [...steps, { expect: expected }] }] }
}
