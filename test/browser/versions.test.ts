import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { until } from '../tools/wait.ts'
import { axe } from './axe.ts'
import { startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

let engine: TestEngine
let browser: Browser

beforeAll(async () => {
  ;[engine, browser] = await Promise.all([startEngine([sums('$number(payload)'), rooms()]), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

describe('the versions of a flow', () => {
  it('are listed and compared, go into the draft, and are deployed again', async () => {
    await put(sums('payload'), 'as it comes')
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="sums"]').click()
      await page.locator('[data-node="work"]').waitFor()
      await page.keyboard.press('h')
      const versions = page.locator('[data-version]')
      await versions.nth(1).waitFor()
      expect(await versions.count()).toBe(2)
      expect(await versions.first().innerText()).toMatch(/local[\s\S]*runs[\s\S]*as it comes/)
      expect(await versions.nth(1).innerText()).toContain('file changed')
      await page.locator('[data-change="change"] del').getByText('$number(payload)').waitFor()
      expect(await page.getByRole('button', { name: 'Deploy this version' }).isDisabled()).toBe(true)
      expect(await axe(page)).toEqual([])
      await versions.first().focus()
      await page.keyboard.press('ArrowDown')
      await page.getByLabel('What is compared').selectOption('current')
      await page.locator('[data-change="change"] ins').getByText('$number(payload)').waitFor()
      await page.getByRole('button', { name: 'Into the draft' }).click()
      await page.locator('[data-deploy]').getByText('Deploy 1').waitFor()
      await page.keyboard.press('Control+z')
      await page.locator('[data-deploy]').getByText('All deployed').waitFor()
      await page.getByRole('button', { name: 'Deploy this version' }).click()
      await page.locator('[data-version]').nth(2).waitFor()
      expect(await versions.first().innerText()).toMatch(/version of #\d+ restored/)
      expect(fileOf('sums')).toContain('$number(payload)')
      expect(complaints).toEqual([])
    })
  })

  it('have a comment of who deploys them', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      await page.locator('[data-flow="sums"]').click()
      await page.locator('[data-node="work"]').waitFor()
      await page.getByLabel('Errors').fill('3')
      await page.getByLabel('Within').fill('10m')
      await page.keyboard.press('Control+Enter')
      await page.getByLabel('Comment').fill('with a guard')
      await page.keyboard.press('Enter')
      await page.locator('[data-deploy]').getByText('All deployed').waitFor()
      expect(fileOf('sums')).toContain('"guard": { "errors": 3, "within": "10m" }')
      expect(complaints).toEqual([])
    })
  })

  it('come back by themselves when too many messages fail, which the editor tells with the reason', async () => {
    await withPage(browser, engine.url, { dark: true }, async ({ page, complaints }) => {
      await page.locator('[data-flow="sums"]').click()
      await page.locator('[data-node="work"]').waitFor()
      const bad: FlowDocument = { ...sums('$error("not so")'), guard: { errors: 3, within: '10m' } }
      await put(bad, 'this is better')
      const client = await engine.mqtt()
      for (let index = 0; index < 5; index++) await client.publishAsync('numbers', String(index), { qos: 1 })
      await page.getByText('Sums: the last deploy was taken back. 5 messages failed').waitFor()
      await page.getByRole('button', { name: 'Show', exact: true }).click()
      await page.locator('[data-verdict="failed"]').getByText('the guard allows 3').waitFor()
      expect(await page.locator('[data-version]').first().innerText()).toContain('came back by itself')
      expect(fileOf('sums')).not.toContain('not so')
      expect(await axe(page)).toEqual([])
      expect(complaints).toEqual([])
    })
  })
})

describe('the views of alarms', () => {
  it('show what happened and how well they serve, and the node tells why, for normal keys too', async () => {
    await withPage(browser, engine.url, {}, async ({ page, complaints }) => {
      const client = await engine.mqtt()
      for (const [room, value] of [
        ['kitchen', 30],
        ['cellar', 12],
        ['attic', 40],
      ])
        await client.publishAsync(`room/${room}`, String(value), { qos: 1 })
      await page.locator('[data-flow="rooms"]').click()
      await page.locator('[data-node="warm"]').click()
      await page.keyboard.press('a')
      await page.locator('[data-alarm="attic"]').waitFor()
      await page.getByLabel('Note: kitchen').fill('window was open')
      await page.locator('[data-alarm="kitchen"]').getByRole('button', { name: 'Add note' }).click()
      await page.getByLabel('Shelve: attic').selectOption('out')
      await page.locator('[data-alarm="attic"]').getByRole('button', { name: 'Put into service' }).waitFor()
      await page.getByRole('tab', { name: 'History' }).click()
      await page.locator('[data-transition="NOTED"]').getByText('window was open').waitFor()
      await page.locator('[data-transition="OUT_OF_SERVICE"]').waitFor()
      expect(await axe(page)).toEqual([])
      await page.keyboard.press('ArrowRight')
      await page.getByRole('tab', { name: 'Health', selected: true }).waitFor()
      await page.locator('[data-figure="Alarms"]').getByText('2', { exact: true }).waitFor()
      expect(await page.locator('[data-kind="Most frequent"] li').count()).toBe(2)
      await page.locator('[data-kind="Out of service"]').getByText('attic').waitFor()
      expect(await axe(page)).toEqual([])
      const why = page.locator('[data-node-alarms="warm"]')
      await why.locator('summary').click()
      await why.getByLabel('Key').selectOption('cellar')
      await why.getByText('12 is not beyond the limit; 13 is missing.').waitFor()
      expect(await axe(page)).toEqual([])
      expect(complaints).toEqual([])
    })
  })
})

async function put(document: FlowDocument, comment: string): Promise<void> {
  const answer = await fetch(new URL(`api/v1/flows/${document.flow}`, engine.url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ document, comment }),
  })
  expect(answer.status, await answer.text()).toBe(200)
  await until(() => fileOf(document.flow).length > 0, 'the file')
}

function fileOf(flow: string): string {
  return readFileSync(join(engine.flows, `${flow}.json`), 'utf8')
}

function sums(payload: string): FlowDocument {
  return {
    flow: 'sums',
    title: 'Sums',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'numbers', qos: 1 } },
      { id: 'work', type: 'transform', config: { payload } },
    ],
    wires: [{ from: 'in.out', to: 'work.in' }],
    layout: { in: [80, 80], work: [340, 80] },
  }
}

function rooms(): FlowDocument {
  return {
    flow: 'rooms',
    title: 'Rooms',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'room/{room}', qos: 1 } },
      { id: 'warm', type: 'alarm', config: { key: 'params.room', raise: '> 25' } },
    ],
    wires: [{ from: 'in.out', to: 'warm.in' }],
    layout: { in: [80, 80], warm: [340, 80] },
  }
}
