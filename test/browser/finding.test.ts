import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { axe } from './axe.ts'
import { drag, middleOf, startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  ;[engine, browser] = await Promise.all([
    startEngine([farFlow('first'), farFlow('second'), groupFlow()]),
    startBrowser(),
  ])
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
      // A drawer takes height from both ends of what is seen, and gives it back; another flow between does not matter.
      const height = async () => (await middleOf(page, '[data-node="far"]')).y
      const before = await height()
      await page.keyboard.press('p')
      await expect.poll(height).toBeLessThan(before - 60)
      await page.locator('[data-flow="second"]').click()
      await page.locator('[data-flow="first"]').click()
      await page.locator('[data-node="far"]').waitFor()
      await page.keyboard.press('p')
      await expect.poll(async () => Math.abs((await height()) - before)).toBeLessThan(2)

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

describe('a frame', () => {
  it('is put around the chosen nodes, named, takes them along when it is dragged or resized, and is deployed', async () => {
    await withPage(browser, `${engine.url}#group`, { dark: true }, async ({ page, complaints }) => {
      await page.locator('[data-flow="group"]').click()
      await page.locator('[data-node="one"]').waitFor()
      await page.keyboard.press('Control+a')
      await page.keyboard.press('Control+g')
      const frame = page.locator('[data-node="frame"][data-frame]')
      await frame.waitFor()
      await page.locator('[data-field="text"] textarea, [data-field="text"] input').first().fill('Cold rooms')
      await frame.getByText('Cold rooms').waitFor()
      expect(await axe(page)).toEqual([])

      const before = await middleOf(page, '[data-node="one"]')
      const head = await middleOf(page, '[data-node="frame"] p')
      await drag(page, head, { x: head.x + 80, y: head.y + 60 })
      await expect.poll(async () => (await middleOf(page, '[data-node="one"]')).x - before.x).toBeGreaterThan(60)
      // One step back for all of it.
      await page.keyboard.press('Control+z')
      await expect.poll(async () => Math.abs((await middleOf(page, '[data-node="one"]')).x - before.x)).toBeLessThan(2)
      const wide = (await frame.boundingBox())?.width ?? 0
      const corner = await middleOf(page, '[data-resize="frame"]')
      await drag(page, corner, { x: corner.x + 60, y: corner.y + 40 })
      await expect.poll(async () => ((await frame.boundingBox())?.width ?? 0) - wide).toBeGreaterThan(40)
      // What lies in it is still reached.
      await page.locator('[data-node="two"]').click()
      await page.locator('[data-node="two"][data-selected]').waitFor()

      await page.keyboard.press('Shift+N')
      await page.locator('[data-field="text"] textarea, [data-field="text"] input').first().fill('Ask Vera first')
      await page.locator('[data-node="note"]').getByText('Ask Vera first').waitFor()
      await page.locator('[data-problems="0"]').waitFor()
      await page.keyboard.press('Control+Enter')
      await page.locator('[data-confirm]').click()
      await page.getByText('Group is deployed.').first().waitFor()
      const file: FlowDocument = JSON.parse(readFileSync(join(engine.flows, 'group.json'), 'utf8'))
      expect(file.nodes.find(({ id }) => id === 'frame')?.config).toMatchObject({ text: 'Cold rooms' })
      expect(complaints).toEqual([])
    })
  }, 60_000)
})

function groupFlow(): FlowDocument {
  return {
    flow: 'group',
    title: 'Group',
    nodes: [
      { id: 'one', type: 'mqtt-in', config: { topic: 'group/a' } },
      { id: 'two', type: 'debug', config: {} },
    ],
    wires: [{ from: 'one.out', to: 'two.in' }],
    layout: { one: [0, 0], two: [300, 120] },
  }
}
