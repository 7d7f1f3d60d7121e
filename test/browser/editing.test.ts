import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import {
  drag,
  fillExpression,
  middleOf,
  port,
  startBrowser,
  startEngine,
  type TestEngine,
  withPage,
} from './harness.ts'

let engine: TestEngine
let browser: Browser

function boilerFlow(flow: string): FlowDocument {
  return {
    flow,
    title: `Boiler ${flow}`,
    nodes: [
      { id: 'readings', type: 'mqtt-in', config: { topic: `${flow}/{boiler}` } },
      { id: 'label', type: 'transform', config: { payload: "'boiler ' & params.boiler" } },
      { id: 'hot', type: 'filter', config: { when: 'payload.temperature > 90' } },
      { id: 'limit', type: 'alarm', config: { raise: '> 100' } },
      { id: 'show', type: 'debug', config: {} },
    ],
    wires: [
      { from: 'readings.out', to: 'hot.in' },
      { from: 'hot.pass', to: 'show.in' },
    ],
    layout: { readings: [80, 80], hot: [340, 80], show: [620, 80], label: [80, 240], limit: [480, 240] },
  }
}

beforeAll(async () => {
  const flows = ['types', 'typos', 'edits', 'merge', 'away'].map(boilerFlow)
  ;[engine, browser] = await Promise.all([startEngine(flows), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

async function openFlow(page: Page, flow: string): Promise<void> {
  await page.locator(`[data-flow="${flow}"]`).click()
  await page.locator('[data-node="hot"]').waitFor()
}

describe('a wire', () => {
  it('is refused with both types when it can never fit, and a converter is offered', async () => {
    await withPage(browser, engine.url, {}, async ({ page }) => {
      await openFlow(page, 'types')
      await page.locator('[data-node="label"] [data-kind="string"]').waitFor()
      await drag(page, await middleOf(page, port('label.out')), await middleOf(page, port('limit.in')))
      const refusal = page.getByRole('alert').filter({ hasText: 'can never fit' })
      await refusal.waitFor()
      expect(await refusal.innerText()).toMatch(/label\.out gives\s+string/)
      expect(await refusal.innerText()).toMatch(/limit\.in takes\s+number/)
      expect(await page.locator('.react-flow__edge').count()).toBe(2)
      await refusal.getByRole('button', { name: 'Put a Transform between them' }).click()
      await page.locator('.react-flow__edge[data-id="label.out>transform.in"]').waitFor()
      await page.locator('.react-flow__edge[data-id="transform.out>limit.in"]').waitFor()
    })
  })

  it('dims the ports that cannot take it while it is dragged', async () => {
    await withPage(browser, engine.url, {}, async ({ page }) => {
      await openFlow(page, 'types')
      await page.locator('[data-node="label"] [data-kind="string"]').waitFor()
      const from = await middleOf(page, port('label.out'))
      await page.mouse.move(from.x, from.y)
      await page.mouse.down()
      await page.mouse.move(from.x + 40, from.y + 60, { steps: 3 })
      await page.locator(`${port('limit.in')}[data-unfit]`).waitFor()
      expect(await page.locator(`${port('show.in')}[data-unfit]`).count()).toBe(0)
      await page.mouse.up()
      await page.keyboard.press('Escape')
      await page.locator(`${port('limit.in')}:not([data-unfit])`).waitFor()
    })
  })
})

it('a typo in a field is told at the field, at the node and in the list while one types', async () => {
  await withPage(browser, engine.url, {}, async ({ page }) => {
    await openFlow(page, 'typos')
    await page.locator('[data-node="limit"]').click()
    await page.locator('[data-field="raise"] input').fill('> a hundred')
    const note = page.locator('[data-field="raise"] li')
    await note.waitFor()
    expect(await note.innerText()).toContain('is not a limit')
    expect(await page.locator('[data-field="raise"] input').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel(/^limit, Alarm, 1 problem\b/).waitFor()

    await page.locator('[data-node="hot"]').click()
    await fillExpression(page, 'when', 'payload.temperature >')
    await page.locator('[data-field="when"] li').waitFor()
    await page.locator('[data-problems="2"]').click()
    // From the list one gets to the field.
    await page.getByRole('button', { name: /Error.*limit: raise/ }).click()
    await page.waitForFunction(() => document.activeElement?.closest('[data-field="raise"]') !== null)
    await page.keyboard.press('Control+a')
    await page.keyboard.type('> 100')
    await page.locator('[data-problems="1"]').waitFor()
  })
})

describe('edits', () => {
  it('of every kind are taken back one by one, and done again', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await openFlow(page, 'edits')
      const draft = () =>
        page.evaluate(() => {
          const text = localStorage.getItem('rulewire:draft:edits')
          return text === null ? undefined : JSON.parse(text).draft
        })
      const changed = async (done: (now: FlowDocument | undefined) => boolean) => {
        await expect.poll(async () => done(await draft()), { timeout: 5000 }).toBe(true)
        return draft()
      }
      const states: unknown[] = [undefined]
      const wires = (now: FlowDocument | undefined) => now?.wires.map((wire) => `${wire.from}>${wire.to}`) ?? []

      // Move by mouse.
      const show = await middleOf(page, '[data-node="show"]')
      await drag(page, { x: show.x - 30, y: show.y }, { x: show.x + 34, y: show.y + 120 })
      states.push(await changed((now) => now?.layout?.show?.[1] !== undefined && now.layout.show[1] > 80))
      // Wire by mouse.
      await drag(page, await middleOf(page, port('hot.reject')), await middleOf(page, port('show.in')))
      states.push(await changed((now) => wires(now).includes('hot.reject>show.in')))
      // Insert on a wire, by dragging from the palette.
      const wire = await page.locator('.react-flow__edge[data-id="readings.out>hot.in"] path').first().boundingBox()
      if (wire === null) throw new Error('The wire is not seen.')
      await page.locator('[data-type="transform"]').dragTo(page.locator('.react-flow__pane'), {
        targetPosition: await inPane(page, { x: wire.x + wire.width / 2, y: wire.y + wire.height / 2 }),
      })
      states.push(await changed((now) => wires(now).includes('readings.out>transform.in')))
      // Change a field.
      await page.locator('[data-node="limit"]').click()
      await page.locator('[data-field="raise"] input').fill('> 120')
      states.push(await changed((now) => JSON.stringify(now).includes('> 120')))
      // Delete and heal.
      await page.locator('[data-node="transform"]').click()
      await page.keyboard.press('Shift+Delete')
      states.push(await changed((now) => wires(now).includes('readings.out>hot.in')))
      // Copy and paste as text.
      await page.locator('[data-node="hot"]').click()
      await page.keyboard.press('Control+c')
      const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
      expect(copied.nodes[0].id).toBe('hot')
      await page.keyboard.press('Control+v')
      states.push(await changed((now) => now?.nodes.some((node) => node.id === 'hot-2') === true))
      // Disable.
      await page.locator('[data-node="show"]').click()
      await page.keyboard.press('d')
      states.push(await changed((now) => now?.nodes.some((node) => node.disabled) === true))
      // Tidy up, in a worker.
      await page.keyboard.press('Escape')
      await page.keyboard.press('Shift+T')
      states.push(await changed((now) => now?.layout?.readings?.[0] !== 80 || now.layout.label?.[1] !== 240))

      for (const state of states.slice(0, -1).reverse()) {
        await page.keyboard.press('Control+z')
        await expect.poll(draft, { timeout: 5000 }).toEqual(state)
      }
      expect(await page.getByRole('button', { name: 'Undo' }).isDisabled()).toBe(true)
      for (const state of states.slice(1)) {
        await page.keyboard.press('Control+y')
        await expect.poll(draft, { timeout: 5000 }).toEqual(state)
      }

      // Nothing is deployed yet, and a reload loses nothing.
      await page.reload()
      await page.locator('[data-flow="edits"]').click()
      await page.locator('[data-node="hot-2"]').waitFor()
      expect(await draft()).toEqual(states.at(-1))
      const file = JSON.parse(readFileSync(join(engine.flows, 'edits.json'), 'utf8'))
      expect(file.nodes).toHaveLength(5)
      expect(complaints).toEqual([])
    })
  }, 40_000)

  it('are merged by node with a change of the file, and none is dropped', async () => {
    await withPage(browser, engine.url, {}, async ({ page }) => {
      await openFlow(page, 'merge')
      await page.locator('[data-node="limit"]').click()
      await page.locator('[data-field="raise"] input').fill('> 111')
      await page.locator('[data-deploy]:not([disabled])').waitFor()
      const theirs = boilerFlow('merge')
      const [, , hot, limit] = theirs.nodes
      if (!hot || !limit) throw new Error('The flow has no such nodes.')
      hot.config = { when: 'payload.temperature > 95' }
      limit.config = { raise: '> 102', deadband: 2 }
      engine.writeFlow(theirs)
      await page
        .getByText(/The file was changed where you changed it too/)
        .first()
        .waitFor()
      await page.getByRole('button', { name: 'Show', exact: true }).click()
      await page.getByRole('dialog').getByText('"> 102"').waitFor()
      await page.keyboard.press('Escape')
      await page.locator('[data-deploy]').click()
      const dialog = page.getByRole('dialog')
      expect(await dialog.locator('[data-change="change"]').first().innerText()).toMatch(/raise\s+"> 102" "> 111"/)
      await page.locator('[data-confirm]').click()
      await page.getByText('Boiler merge is deployed.').first().waitFor()
      const file: FlowDocument = JSON.parse(readFileSync(join(engine.flows, 'merge.json'), 'utf8'))
      expect(file.nodes.find((node) => node.id === 'limit')?.config).toEqual({ raise: '> 111', deadband: 2 })
      expect(file.nodes.find((node) => node.id === 'hot')?.config).toEqual({ when: 'payload.temperature > 95' })
    })
  })

  it('made while the engine is away are kept and deployed when it is back', async () => {
    await withPage(browser, engine.url, {}, async ({ page }) => {
      await openFlow(page, 'away')
      await page.waitForFunction(() =>
        performance.getEntriesByType('resource').some(({ name }) => name.includes('/assets/Trace-')),
      )
      await engine.stop()
      await page.getByText('The engine cannot be reached. You can go on').waitFor()
      await page.locator('[data-node="limit"]').click()
      await page.locator('[data-field="raise"] input').fill('> 130')
      await page.locator('[data-deploy]:not([disabled])').waitFor()
      // A panel that was not open before opens all the same.
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('combobox').fill('Trace of one message')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Wait for a message' }).waitFor()
      await engine.start()
      await page.getByText('The engine is back.').first().waitFor({ timeout: 15_000 })
      expect(await page.getByText('The engine cannot be reached. You can go on').count()).toBe(0)
      await page.keyboard.press('Control+Enter')
      await page.locator('[data-confirm]').click()
      await page.getByText('Boiler away is deployed.').first().waitFor()
      expect(readFileSync(join(engine.flows, 'away.json'), 'utf8')).toContain('> 130')
    })
  }, 40_000)
})

async function inPane(page: Page, place: { x: number; y: number }): Promise<{ x: number; y: number }> {
  const pane = await page.locator('.react-flow__pane').boundingBox()
  return { x: place.x - (pane?.x ?? 0), y: place.y - (pane?.y ?? 0) }
}
