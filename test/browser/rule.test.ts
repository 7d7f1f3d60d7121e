import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  drag,
  fillExpression,
  middleOf,
  nextMessage,
  port,
  startBrowser,
  startEngine,
  type TestEngine,
  withPage,
} from './harness.ts'

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
      await page.locator('dialog [data-autofocus]').fill('Fridge too warm')
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

  it('is built and deployed, raises its alarm and is acknowledged, by keyboard alone', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      const { keyboard } = page
      const add = async (name: string) => {
        await keyboard.press('n')
        await page.locator('[data-picker] input').waitFor()
        await keyboard.type(name)
        await keyboard.press('Enter')
      }
      /** From the node to a field of its form, and back. */
      const fill = async (field: string, text: string) => {
        await keyboard.press('Enter')
        await page.waitForFunction(() => document.activeElement?.closest('[data-form]') !== null)
        for (let step = 0; step < 12; step++) {
          const here = await page.evaluate(
            () => document.activeElement?.closest('[data-field]')?.getAttribute('data-field') ?? '',
          )
          if (here === field) break
          await keyboard.press('Tab')
        }
        await keyboard.press('Control+a')
        await keyboard.insertText(text)
        // The first Escape may only close a list of completions.
        await keyboard.press('Escape')
        await keyboard.press('Escape')
        await page.waitForFunction(() => document.activeElement?.hasAttribute('data-node') === true)
      }
      /** A new node behind the one that has the focus. */
      const behind = async (output: string, name: string) => {
        await keyboard.press('c')
        await page.locator('[data-picker] input').waitFor()
        await keyboard.type(`${output} a new node`)
        await keyboard.press('Enter')
        await page.getByRole('combobox', { name: /What fits/ }).waitFor()
        await keyboard.type(name)
        await keyboard.press('Enter')
        await page.waitForFunction(() => document.activeElement?.hasAttribute('data-node') === true)
      }

      await keyboard.press('Control+k')
      await keyboard.type('new flow')
      await keyboard.press('Enter')
      await page.locator('dialog [data-autofocus]:focus').waitFor()
      await keyboard.type('By keyboard')
      await keyboard.press('Enter')
      await page.getByRole('tab', { name: /By keyboard/ }).waitFor()

      await add('mqtt in')
      await page.waitForFunction(() => document.activeElement?.hasAttribute('data-node') === true)
      await fill('topic', 'boxes/{box}/climate')
      await behind('out', 'transform')
      await fill('payload', 'payload.celsius')
      await behind('out', 'alarm')
      await fill('key', 'params.box')
      await fill('raise', '> 8')
      // The last one is added first and wired afterwards, by choosing a port with the arrows.
      await add('mqtt out')
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-node') === 'mqtt-out')
      await fill('topic', 'alarms/{box}')
      for (let step = 0; step < 4; step++) {
        const at = await page.evaluate(() => document.activeElement?.getAttribute('data-node'))
        if (at === 'alarm') break
        await keyboard.press(step % 2 === 0 ? 'ArrowUp' : 'ArrowLeft')
      }
      await keyboard.press('c')
      await page.locator('[data-picker] input').waitFor()
      await keyboard.type('event mqtt-out')
      await keyboard.press('Enter')
      await page.locator('[data-problems="0"]').waitFor()

      await keyboard.press('Control+Enter')
      await page.locator('[data-confirm]:focus').waitFor()
      await keyboard.press('Enter')
      await page.getByText('By keyboard is deployed.').first().waitFor()

      const client = await engine.mqtt()
      await client.subscribeAsync('alarms/cellar')
      const raised = nextMessage(client, 'alarms/cellar')
      await client.publishAsync('boxes/cellar/climate', JSON.stringify({ celsius: 12 }), { qos: 1 })
      expect(JSON.parse(await raised)).toMatchObject({ key: 'cellar', value: 12 })

      const acked = nextMessage(client, 'alarms/cellar')
      await keyboard.press('Control+k')
      await keyboard.type('alarms')
      await keyboard.press('Enter')
      await page.locator('[data-alarm="cellar"]').waitFor()
      for (let step = 0; step < 80; step++) {
        const at = await page.evaluate(() => document.activeElement?.textContent ?? '')
        const inRow = await page.evaluate(() => document.activeElement?.closest('[data-alarm="cellar"]') !== null)
        if (inRow && at === 'Acknowledge') break
        await keyboard.press('Tab')
      }
      await keyboard.press('Enter')
      expect(JSON.parse(await acked)).toMatchObject({ key: 'cellar', transition: 'ACKED' })
      expect(complaints).toEqual([])
    })
  })

  it('is tried as a draft with nothing published, and the way of a real message is shown', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      const flow = {
        flow: 'tried',
        title: 'Tried',
        nodes: [
          { id: 'in', type: 'mqtt-in', config: { topic: 'tanks/{tank}' } },
          { id: 'double', type: 'transform', config: { payload: 'payload * 2' } },
          { id: 'tell', type: 'mqtt-out', config: { topic: 'doubled/{tank}', qos: 1 } },
        ],
        wires: [
          { from: 'in.out', to: 'double.in' },
          { from: 'double.out', to: 'tell.in' },
        ],
        layout: { in: [80, 80], double: [340, 80], tell: [620, 80] },
      }
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').fill('Import a flow')
      await page.keyboard.press('Enter')
      await page.locator('dialog textarea').fill(JSON.stringify(flow))
      await page.getByRole('button', { name: 'Import', exact: true }).click()
      await page.locator('[data-node="double"]').click()
      const client = await engine.mqtt()
      const heard: string[] = []
      client.on('message', (topic) => heard.push(topic))
      await client.subscribeAsync('doubled/#')

      await page.getByRole('button', { name: 'Test run of the draft' }).click()
      await page
        .getByLabel('Message for double')
        .fill(JSON.stringify({ topic: 'tanks/a', payload: 21, params: { tank: 'a' } }))
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.locator('[data-hop="tell"]').getByText('doubled/a').waitFor()
      await page.locator('[data-hop="double"]').getByText('42').first().waitFor()
      await page.locator('[data-node="tell"][data-traced]').waitFor()
      expect(heard).toEqual([])

      await page.keyboard.press('Control+Enter')
      await page.locator('[data-confirm]').click()
      await page.getByText('Tried is deployed.').first().waitFor()
      await page.locator('[data-node="tell"]').click()
      await page.keyboard.press('r')
      await page.getByRole('button', { name: 'Wait for a message' }).click()
      await page.getByText('Waiting for a message').waitFor()
      await client.publishAsync('tanks/b', '4', { qos: 1 })
      await page.locator('[data-trace="done"] [data-hop="tell"]').getByText('doubled/b').waitFor()
      await expect.poll(() => heard).toEqual(['doubled/b'])

      // What came by is what a test is made from.
      await page.getByRole('button', { name: 'Make a test from it' }).click()
      await page.locator('[data-recorded="tanks/b"]').waitFor()
      expect(await page.locator('[data-recorded]').count()).toBe(1)
      await page.getByRole('button', { name: 'Fill in what comes of them' }).click()
      await page.getByText('It passes, and expects 1 thing').waitFor()
      expect(complaints).toEqual([])
    })
  })

  it('begins with a topic that is dragged to the canvas', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      const client = await engine.mqtt()
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').fill('New flow')
      await page.keyboard.press('Enter')
      await page.locator('dialog [data-autofocus]:focus').waitFor()
      await page.keyboard.type('From a topic')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Topics' }).first().click()
      await page.getByLabel('Topic filter to watch').fill('#')
      await page.getByText('# alone would ask for everything').waitFor()
      await page.getByLabel('Topic filter to watch').fill('garden/#')
      await page.keyboard.press('Enter')
      await expect
        .poll(async () => {
          await client.publishAsync('garden/pond', '{"level":3}', { qos: 1 })
          return page.locator('[data-topic="garden/pond"]').count()
        })
        .toBe(1)
      await page.locator('[data-topic="garden/pond"]').getByText('{level: 3}').waitFor()
      await page
        .locator('[data-topic="garden/pond"]')
        .dragTo(page.locator('.react-flow__pane'), { targetPosition: { x: 300, y: 500 } })
      await page.locator('[data-node="pond"]').waitFor()
      expect(await page.locator('[data-field="topic"] input').inputValue()).toBe('garden/pond')
      expect(complaints).toEqual([])
    })
  })
})
