import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { axe } from './axe.ts'
import { startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  ;[engine, browser] = await Promise.all([startEngine([farFlow('first'), farFlow('second')]), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

/** Two nodes that are never seen together at zoom 1. */
function farFlow(flow: string): FlowDocument {
  return {
    flow,
    title: `Far ${flow}`,
    nodes: [
      { id: 'near', type: 'mqtt-in', config: { topic: `${flow}/a` } },
      { id: 'far', type: 'debug', config: {} },
    ],
    wires: [{ from: 'near.out', to: 'far.in' }],
    layout: { near: [0, 0], far: [6000, 3000] },
  }
}

describe('a place in the editor', () => {
  it('stands in the address: a link opens its flow and node, and what one chooses is in the link', async () => {
    await withPage(browser, `${engine.url}#second/far`, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="second"][aria-selected="true"]').waitFor()
      await page.locator('[data-node="far"][data-selected]').waitFor()
      await page.locator('[data-flow="first"]').click()
      await page.waitForURL(/#first$/)
      await page.keyboard.press('f')
      await page.locator('[data-node="near"]').click()
      await page.waitForURL(/#first\/near$/)
      // By hand, as somebody pastes it.
      await page.evaluate(() => {
        location.hash = '#second/near'
      })
      await page.locator('[data-flow="second"][aria-selected="true"]').waitFor()
      await page.locator('[data-node="near"][data-selected]').waitFor()
      expect(complaints).toEqual([])
    })
  }, 60_000)

  it('is kept for each flow, is found again by its node, and by the small map', async () => {
    await withPage(browser, `${engine.url}#first`, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="first"]').click()
      await page.keyboard.press('3')
      await page.getByRole('treeitem', { name: /far/ }).first().click()
      await page.keyboard.press('l')
      await page.locator('#zoom').getByText('100 %').waitFor()
      await page.locator('[data-node="far"]').waitFor()
      // Another flow and back: the view is where it was.
      await page.locator('[data-flow="second"]').click()
      await page.locator('[data-flow="first"]').click()
      await page.locator('#zoom').getByText('100 %').waitFor()
      await page.locator('[data-node="far"]').waitFor()
      expect(await page.locator('[data-node="near"]').count()).toBe(0)

      await page.locator('.react-flow__pane').click({ position: { x: 200, y: 40 } })
      await page.keyboard.press('m')
      await page.locator('.react-flow__minimap svg').waitFor()
      expect(await page.locator('.react-flow__minimap-node').count()).toBe(2)
      expect(await axe(page)).toEqual([])
      await page.keyboard.press('m')
      await page.locator('.react-flow__minimap').waitFor({ state: 'detached' })
      expect(complaints).toEqual([])
    })
  }, 60_000)
})
