import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drag, middleOf, nextMessage, port, startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  ;[engine, browser] = await Promise.all([startEngine(), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

describe('a rule', () => {
  it('is built from nothing by mouse, deployed, and raises its alarm', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.getByRole('button', { name: 'New flow' }).first().click()
      await page.getByLabel('Name', { exact: true }).fill('Fridge too warm')
      await page.getByRole('button', { name: 'Create' }).click()

      // A node by quick add, the next by dropping a wire on the empty canvas.
      await page.mouse.dblclick(440, 300)
      await page.keyboard.type('mqtt in')
      await page.keyboard.press('Enter')
      await page.getByLabel('Topic filter').first().fill('fridges/{fridge}/climate')
      const start = await middleOf(page, port('mqtt-in.out'))
      await drag(page, start, { x: start.x + 120, y: start.y + 20 })
      await page.getByRole('combobox', { name: /What fits mqtt-in.out/ }).fill('transform')
      await page.keyboard.press('Enter')
      await fillExpression(page, 'payload', '$round((payload.f - 32) / 1.8, 1)')

      const celsius = await middleOf(page, port('transform.out'))
      await drag(page, celsius, { x: celsius.x + 60, y: celsius.y + 150 })
      await page.locator('[data-picker] input').fill('alarm')
      await page.keyboard.press('Enter')
      await fillExpression(page, 'key', 'params.fridge')
      await page.locator('[data-field="raise"] input').fill('> 8')

      const event = await middleOf(page, port('alarm.event'))
      await drag(page, event, { x: event.x - 300, y: event.y + 120 })
      await page.locator('[data-picker] input').fill('mqtt out')
      await page.keyboard.press('Enter')
      await page.locator('[data-field="topic"] input').fill('alarms/{fridge}')

      // The engine has looked at the draft and has nothing against it.
      await page.locator('[data-problems="0"]').waitFor()
      await page.locator('[data-deploy]').click()
      await page.locator('[data-change="add"]').waitFor()
      expect(await page.locator('[data-change="add"] li').count()).toBe(4)
      await page.locator('[data-confirm]').click()
      await page.getByText('Fridge too warm is deployed.').first().waitFor()

      const client = await engine.mqtt()
      await client.subscribeAsync('alarms/kitchen')
      const raised = nextMessage(client, 'alarms/kitchen')
      await client.publishAsync('fridges/kitchen/climate', JSON.stringify({ f: 68 }), { qos: 1 })
      expect(JSON.parse(await raised)).toMatchObject({ key: 'kitchen', value: 20 })
      // And the value is seen at the node.
      await page.locator('[data-node="transform"]').getByText('20', { exact: true }).waitFor()
      expect(complaints).toEqual([])
    })
  })
})

async function fillExpression(page: import('playwright-core').Page, field: string, text: string): Promise<void> {
  const editor = page.locator(`[data-field="${field}"] .cm-content`)
  await editor.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
  await page.keyboard.press('Escape')
}
