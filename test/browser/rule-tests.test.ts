import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { axe } from './axe.ts'
import { startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  ;[engine, browser] = await Promise.all([startEngine([boxFlow('boxes'), boxFlow('crates')]), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

/** Too warm above 8 for five seconds. */
function boxFlow(flow: string): FlowDocument {
  return {
    flow,
    title: `Too warm ${flow}`,
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: `${flow}/{box}` } },
      { id: 'cold', type: 'filter', config: { when: 'payload.c < -100' } },
      {
        id: 'warm',
        type: 'alarm',
        config: { key: 'params.box', value: 'payload.c', raise: '> 8', deadband: 1, onDelay: '5s' },
      },
      { id: 'tell', type: 'mqtt-out', config: { topic: 'alarms/{box}', qos: 1 } },
    ],
    wires: [
      { from: 'in.out', to: 'warm.in' },
      { from: 'in.out', to: 'cold.in' },
      { from: 'warm.event', to: 'tell.in' },
    ],
    layout: { in: [80, 80], warm: [340, 80], tell: [620, 80], cold: [340, 240] },
  }
}

function writeTests(flow: string, tests: unknown[]): void {
  writeFileSync(join(engine.flows, `${flow}.test.json`), `${JSON.stringify({ flow, tests }, null, 2)}\n`)
}

async function openTests(page: Page, flow: string): Promise<void> {
  await page.locator(`[data-flow="${flow}"]`).click()
  await page.locator('[data-node="warm"]').waitFor()
  await page.getByRole('button', { name: 'Rule tests' }).click()
  await page.locator('[data-run-tests]').waitFor()
}

describe('rule tests in the editor', () => {
  it('run on the draft, show the failing wire with what was expected, and pass again when the draft is mended', async () => {
    const event = [{ at: '+5s', payload: { transition: 'RAISED' } }]
    writeTests('boxes', [
      {
        name: 'a cold box is quiet',
        steps: [
          { publish: 'boxes/a', payload: { c: 4 } },
          { nothing: ['alarms'], for: '1h' },
        ],
      },
      {
        name: 'a warm box raises',
        steps: [
          { publish: 'boxes/a', payload: { c: 9 } },
          { at: '+5s', expect: { 'warm.event': event } },
        ],
      },
    ])
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await openTests(page, 'boxes')
      await page.locator('[data-case="1"]').getByText('a warm box raises').waitFor()
      await page.locator('[data-run-tests]').click()
      await page.locator('[data-tests-state="passed"]').getByText('2 passed, 0 failed').waitFor()
      // No test gets anything out of the filter's first port.
      await page.locator('[data-port="cold.pass"][data-mark="missed"]').waitFor()

      await page.locator('[data-node="warm"]').click()
      await page.locator('[data-field="onDelay"] input').fill('7s')
      await page.getByText('changed since').waitFor()
      // By keyboard: the list, down to the second test, Enter runs it.
      await page.getByRole('listbox', { name: 'Tests of this flow' }).focus()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.locator('[data-case="1"][data-state="failed"]').waitFor()
      await page.locator('[data-test-result="failed"]').getByText('warm.event: 0 instead of 1').waitFor()
      await page.locator('[data-node="warm"][data-mark="failed"]').waitFor()
      expect(await page.locator('[data-failed-wire]').innerText()).toMatch(/Expected\s.*RAISED[\s\S]*Found\s+nothing/)
      expect(await page.locator('[data-test-result="failed"] ol').innerText()).toContain('+0s warm.in { "c": 9 }')
      expect(await axe(page)).toEqual([])

      await page.getByLabel('Run on every change').check()
      await page.locator('[data-field="onDelay"] input').fill('4s')
      await page.locator('[data-test-result="failed"]').getByText('+4s', { exact: true }).waitFor()
      await page.locator('[data-field="onDelay"] input').fill('5s')
      await page.locator('[data-tests-state="passed"]').getByText('2 passed, 0 failed').waitFor()
      await page.locator('[data-node="warm"][data-mark="failed"]').waitFor({ state: 'detached' })
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').fill('Rule tests')
      await page.keyboard.press('Enter')
      await page.locator('[data-port="cold.pass"][data-mark]').waitFor({ state: 'detached' })
      expect(complaints).toEqual([])
    })
  }, 120_000)

  it('are made from messages that come in, edited as JSON with completion, and saved beside the flow', async () => {
    await withPage(browser, engine.url, { dark: true }, async ({ page, complaints }) => {
      await openTests(page, 'crates')
      await page.getByRole('button', { name: 'From messages' }).click()
      await page.locator('[data-record]').click()
      const client = await engine.mqtt()
      await client.publishAsync('crates/b', JSON.stringify({ c: 9.5 }), { qos: 1 })
      await page.locator('[data-recorded="crates/b"]').waitFor()
      await page.locator('[data-record]').click()
      await page.getByLabel('Name of the test').fill('a warm crate raises')
      expect(await axe(page)).toEqual([])
      await page.getByRole('button', { name: 'Fill in what comes of them' }).click()
      await page.getByText('It passes, and expects 2 things').waitFor()
      await page.getByRole('button', { name: 'Add the test' }).click()
      await page.locator('[data-tests-state="passed"]').getByText('1 passed, 0 failed').waitFor()
      const file = () => JSON.parse(readFileSync(join(engine.flows, 'crates.test.json'), 'utf8'))
      expect(file().tests[0]).toMatchObject({
        name: 'a warm crate raises',
        steps: [
          { publish: 'crates/b', payload: { c: 9.5 } },
          { at: '+1m', expect: { alarms: [{ at: '+5s', node: 'warm', key: 'b', transition: 'RAISED', value: 9.5 }] } },
        ],
      })

      await page.getByRole('button', { name: 'JSON', exact: true }).click()
      const code = page.getByRole('textbox', { name: 'Rule tests, crates.test.json' })
      await code.click()
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText('{ "flow": "crates", "tests": [{ "name": "a", "steps": [{ "nothing": [] }] }] }')
      for (let step = 0; step < 9; step++) await page.keyboard.press('ArrowLeft')
      await page.keyboard.type('"warm.e')
      // A key that comes just when the list opens is not taken for it: the mouse is.
      await page.getByRole('option', { name: 'warm.event' }).click()
      await page.getByText('not saved').waitFor()
      // What is not saved outlives the page, and a change that somebody else makes meanwhile is told.
      await page.reload()
      await openTests(page, 'crates')
      await page.getByRole('button', { name: 'JSON', exact: true }).click()
      await page.getByText('not saved').waitFor()
      writeTests('crates', [{ name: 'somebody else', steps: [{ at: '+1s' }] }])
      await page.locator('[data-save-tests]').click()
      await page.getByRole('alert').filter({ hasText: 'Somebody has changed the file meanwhile' }).waitFor()
      expect(file().tests[0].name).toBe('somebody else')
      await page.locator('[data-save-tests]').click()
      await expect.poll(() => file().tests[0].steps).toEqual([{ nothing: ['warm.event'] }])
      expect(complaints.filter((text) => !text.includes('409'))).toEqual([])
    })
  }, 120_000)
})
