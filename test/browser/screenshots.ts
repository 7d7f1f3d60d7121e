/** Makes the pictures of the README: `npm run screenshots`. Example flows, real engine, Debian's Chromium. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { FlowDocument } from '../../editor/core/document.ts'
import { fillExpression, openPage, startBrowser, startEngine } from './harness.ts'

const examples = fileURLToPath(new URL('../../flows/', import.meta.url))
const pictures = fileURLToPath(new URL('./pictures/', import.meta.url))

const scenes: Record<string, { dark: boolean; act: (page: Page) => Promise<void> }> = {
  live: {
    dark: false,
    act: async (page) => {
      await page.locator('[data-node="celsius"]').click()
      await page.locator('[data-field="payload"] .cm-content').waitFor()
      await page.locator('[data-node="too-warm"]').getByText('/s').waitFor()
      await page.locator('[data-result="value"]').first().waitFor()
    },
  },
  deploy: {
    dark: true,
    act: async (page) => {
      await page.locator('[data-node="too-warm"]').click()
      await page.locator('[data-field="raise"] input').fill('> 9')
      await page.locator('[data-node="celsius"]').click()
      await fillExpression(page, 'payload', "{ 'fridge': params.fridge, 'celsius': $round((payload.f - 32) / 1.8, 2) }")
      await page.keyboard.press('Control+Enter')
      await page.locator('[data-change="change"]').first().waitFor()
    },
  },
  tests: {
    dark: false,
    act: async (page) => {
      await page.locator('[data-node="too-warm"]').click()
      await page.locator('[data-field="onDelay"] input').fill('7s')
      await page.keyboard.press('Escape')
      await page.keyboard.press('y')
      await page.locator('[data-run-tests]').click()
      await page.locator('[data-node="too-warm"][data-mark="failed"]').waitFor()
      await page.keyboard.press('f')
      await page.locator('[data-failed-wire]').waitFor()
    },
  },
  backtest: {
    dark: true,
    act: async (page) => {
      await page.locator('[data-node="too-warm"]').click()
      await page.locator('[data-field="raise"] input').fill('> 11')
      await page.keyboard.press('Escape')
      await page.keyboard.press('b')
      await page.getByLabel('A file', { exact: true }).check()
      await page
        .getByLabel('File with messages')
        .setInputFiles({ name: 'fridges.csv', mimeType: 'text/csv', buffer: Buffer.from(fridges()) })
      await page.getByLabel('Topic of the messages').fill('fridges/{fridge}/climate')
      await page.locator('[data-run-backtest]').click()
      await page.locator('[data-chart] canvas').waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('f')
    },
  },
  topics: {
    dark: false,
    act: async (page) => {
      await page.keyboard.press('2')
      await page.getByLabel('Topic filter to watch').fill('fridges/#')
      await page.keyboard.press('Enter')
      await page.locator('[data-topic="fridges/kitchen/climate"]').click()
      await page.getByText('Last 6 messages').waitFor({ timeout: 30_000 })
    },
  },
}

/** Two days of a fridge whose door stands open now and then. */
function fridges(): string {
  const rows = Array.from({ length: 2 * 24 * 60 }, (_, minute) => {
    const open = minute % 700 > 560 && minute % 700 < 620 + (minute % 3) * 5
    const f = 41 + 2 * Math.sin(minute / 90) + Math.sin(minute * 2.1) * 0.6 + (open ? 7 + (minute % 700) / 140 : 0)
    return `${new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString()},kitchen,${f.toFixed(1)}`
  })
  return `time,fridge,f\n${rows.join('\n')}\n`
}

const flows = readdirSync(examples)
  .filter((file) => file.endsWith('.json') && !/\.(schema|test)\.json$/.test(file))
  .map((file): FlowDocument => JSON.parse(readFileSync(`${examples}${file}`, 'utf8')))
const engine = await startEngine(flows)
const browser = await startBrowser()
try {
  mkdirSync(pictures, { recursive: true })
  cpSync(`${examples}flow.schema.json`, `${engine.flows}/flow.schema.json`)
  cpSync(`${examples}cold-chain.test.json`, `${engine.flows}/cold-chain.test.json`)
  for (const [name, { dark, act }] of Object.entries(scenes)) {
    const { page, context } = await openPage(browser, engine.url, { dark })
    await page.locator('[data-flow="cold-chain"]').click()
    await page.locator('[data-node="fridges"]').getByText(/f: /).waitFor({ timeout: 20_000 })
    await act(page)
    await page.screenshot({ path: `${pictures}${name}.png` })
    await context.close()
    console.log(`${pictures}${name}.png`)
  }
} finally {
  await browser.close()
  await engine.close()
}
