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

const flows = readdirSync(examples)
  .filter((file) => file.endsWith('.json') && file !== 'flow.schema.json')
  .map((file): FlowDocument => JSON.parse(readFileSync(`${examples}${file}`, 'utf8')))
const engine = await startEngine(flows)
const browser = await startBrowser()
try {
  mkdirSync(pictures, { recursive: true })
  cpSync(`${examples}flow.schema.json`, `${engine.flows}/flow.schema.json`)
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
