import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { axe } from './axe.ts'
import { startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser
const directory = mkdtempSync(join(tmpdir(), 'rulewire-backtest-'))
const file = join(directory, 'temperatures.csv')

beforeAll(async () => {
  writeFileSync(file, temperatures())
  ;[engine, browser] = await Promise.all([startEngine([machineFlow()]), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
  rmSync(directory, { recursive: true, force: true })
})

function machineFlow(): FlowDocument {
  return {
    flow: 'machines',
    title: 'Machines',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'machines/{machine}/temperature' } },
      { id: 'cold', type: 'alarm', config: { key: 'params.machine', raise: '< 60', deadband: 2, onDelay: '10m' } },
      { id: 'tell', type: 'mqtt-out', config: { topic: 'alarms/{machine}' } },
    ],
    wires: [
      { from: 'in.out', to: 'cold.in' },
      { from: 'cold.event', to: 'tell.in' },
    ],
    layout: { in: [80, 80], cold: [340, 80], tell: [620, 80] },
  }
}

/** Two days, every five minutes, around 90 degrees: down to 50 on the first day, to 70 on the second. */
function temperatures(): string {
  const start = Date.UTC(2026, 0, 5)
  const rows = Array.from({ length: 576 }, (_, index) => {
    const wave = 90 + 2 * Math.sin(index / 7) + Math.sin(index * 1.7)
    const value = index >= 100 && index < 112 ? 50 : index >= 400 && index < 412 ? 70 : wave
    return `${new Date(start + index * 300_000).toISOString().slice(0, 19).replace('T', ' ')},${value.toFixed(2)}`
  })
  return `timestamp,value\n${rows.join('\n')}\n`
}

describe('a backtest in the editor', () => {
  it('runs the draft over a file: chart, alarms, differences to what is deployed, counts on the wires', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-node="cold"]').click()
      await page.locator('[data-field="raise"] input').fill('< 75')
      await page.keyboard.press('Escape')
      await page.keyboard.press('b')
      await page.getByLabel('A file', { exact: true }).check()
      await page.getByLabel('File with messages').setInputFiles(file)
      expect(await page.getByLabel('Topic of the messages').inputValue()).toBe('machines/file/temperature')
      expect(await page.getByLabel('Column of the time').inputValue()).toBe('timestamp')
      await page.locator('[data-run-backtest]').click()
      await page.locator('[data-backtest="done"]').waitFor()
      await page.getByText(/576 messages from .* over 1d 23h: 2 alarms/).waitFor()
      await page.locator('[data-chart="2"] canvas').waitFor()
      expect(await axe(page)).toEqual([])
      // What went over the wires: twice raised and cleared, as deployed once.
      await page.locator('[data-wire-count="576"]').waitFor()
      expect(await page.locator('[data-wire-count="4"][data-differs] del').innerText()).toBe('2')

      await page.getByRole('tab', { name: /^Alarms/ }).click()
      expect(await page.locator('[data-span="file"]').count()).toBe(2)
      await page.getByRole('tab', { name: /^Differences/ }).click()
      await page.locator('[data-difference="new"]').waitFor()
      expect(await page.locator('[data-difference="gone"]').count()).toBe(0)
      expect(await axe(page)).toEqual([])
      // Nothing of it reached the engine that runs.
      expect(await page.locator('[data-alarms]').getAttribute('data-alarms')).toBe('0')
      expect(complaints).toEqual([])
    })
  }, 120_000)

  it('advises limits from the same file, and writes them into the alarm as one can undo', async () => {
    await withPage(browser, engine.url, { dark: true }, async ({ page, complaints }) => {
      await page.locator('[data-node="cold"]').click()
      await page.locator('[data-field="raise"] input').waitFor()
      const before = await page.locator('[data-field="raise"] input').inputValue()
      await page.getByRole('button', { name: 'Backtest of the draft' }).click()
      await page.getByLabel('A file', { exact: true }).check()
      await page.getByLabel('File with messages').setInputFiles(file)
      await page.getByRole('tab', { name: 'Threshold adviser' }).click()
      await page.getByLabel('Bad is').selectOption('below')
      await page.locator('[data-advise]').click()
      const suggested = page.locator('[data-advice] tr[data-suggested]').first()
      await suggested.waitFor()
      expect(await axe(page)).toEqual([])
      const limit = (await suggested.locator('th').innerText()).replace('suggested', '').trim()
      await suggested.getByRole('button', { name: 'Apply' }).click()
      await expect
        .poll(() => page.locator('[data-field="raise"] input').inputValue())
        .toMatch(new RegExp(`^${limit.replace(/[.]/g, '\\.')}`))
      await page.locator('[data-deploy]:not([disabled])').waitFor()
      for (let step = 0; step < 3; step++) await page.keyboard.press('Control+z')
      await expect.poll(() => page.locator('[data-field="raise"] input').inputValue()).toBe(before)
      expect(complaints).toEqual([])
    })
  }, 120_000)

  it('runs over what the engine recorded, once the flow records its messages', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-node="cold"]').waitFor()
      await page.keyboard.press('b')
      await page.locator('[data-recorded-history="0"]').waitFor()
      await page.getByRole('button', { name: 'Record from now on' }).click()
      expect(await page.locator('[data-record-history]').isChecked()).toBe(true)
      await page.keyboard.press('Control+Enter')
      await page.locator('[data-confirm]').click()
      await page.getByText('Machines is deployed.').first().waitFor()
      const client = await engine.mqtt()
      for (const value of [91, 92, 93])
        await client.publishAsync('machines/press/temperature', String(value), { qos: 1 })
      await page.locator('[data-node="in"]').getByText('93', { exact: true }).waitFor()
      await page.locator('[data-recorded-history="3"]').waitFor()
      await page.locator('[data-run-backtest]').click()
      await page
        .locator('[data-backtest="done"]')
        .getByText(/^3 messages from/)
        .waitFor()
      await page.getByRole('button', { name: 'Rule tests' }).click()
      await page.getByRole('button', { name: 'From messages' }).click()
      await page.getByRole('button', { name: 'From history' }).click()
      await page.getByLabel('From', { exact: true }).fill('2099-01-01T00:00')
      await page.getByRole('button', { name: 'Take these' }).click()
      await page.getByText('There is no recorded history').first().waitFor()
      await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00')
      expect(await axe(page)).toEqual([])
      await page.getByRole('button', { name: 'Take these' }).click()
      await expect.poll(() => page.locator('[data-recorded="machines/press/temperature"]').count()).toBe(3)
      expect(complaints).toEqual([])
    })
  }, 120_000)
})
