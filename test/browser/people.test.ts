import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import { axe } from './axe.ts'
import { drag, middleOf, startBrowser, startEngine, type TestEngine, withPage } from './harness.ts'

const password = 'four words that nobody guesses'

let engine: TestEngine
let browser: Browser

/** An engine that asks for a login; the first test makes its admin. */
beforeAll(async () => {
  ;[engine, browser] = await Promise.all([startEngine([tankFlow()], ['--behind-proxy']), startBrowser()])
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await engine?.close()
})

function tankFlow(): FlowDocument {
  return {
    flow: 'tanks',
    title: 'Tanks',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'tanks/{tank}' } },
      { id: 'full', type: 'alarm', config: { key: 'params.tank', value: 'payload', raise: '> 8', requireAck: true } },
    ],
    wires: [{ from: 'in.out', to: 'full.in' }],
    layout: { in: [80, 80], full: [340, 80] },
  }
}

async function logIn(page: Page, name: string, typed = password): Promise<void> {
  const form = page.locator('[data-sign-in="login"]')
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Password', { exact: true }).fill(typed)
  await form.getByRole('button', { name: 'Log in' }).click()
}

/** What the browser itself writes for a refused request is no complaint of the page. */
function ownComplaints(complaints: readonly string[]): string[] {
  return complaints.filter((text) => !/status of 40[139]|WebSocket connection/.test(text))
}

async function openTab(page: Page, name: string): Promise<void> {
  await page.locator('[data-account]').click()
  await page.getByRole('tab', { name, exact: true }).click()
}

describe('people', () => {
  it('set the engine up at its first start with the token, and not without', async () => {
    await withPage(browser, engine.url, { first: '[data-sign-in="setup"]' }, async ({ page, complaints }) => {
      expect(await axe(page)).toEqual([])
      expect(await page.locator('[data-node]').count()).toBe(0)
      await page.getByLabel('Setup token').fill('no-such-token')
      await page.getByLabel('Name of the admin').fill('anna')
      await page.getByLabel('Password', { exact: true }).fill('short')
      await page.getByText('That is 5 characters').waitFor()
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Make the admin' }).click()
      await page.getByRole('alert').first().waitFor()
      await page.getByLabel('Setup token').fill(readFileSync(join(engine.data, 'setup-token'), 'utf8').trim())
      await page.keyboard.press('Enter')
      await page.locator('[data-account="anna"]').waitFor()
      await page.locator('[data-flow="tanks"]').waitFor()
      expect(ownComplaints(complaints)).toEqual([])
    })
  }, 40_000)

  it('are added with roles, get tokens that are shown once, and secrets that are never shown', async () => {
    await withPage(browser, engine.url, { first: '[data-sign-in]' }, async ({ page, complaints }) => {
      await logIn(page, 'anna', 'not the password')
      await page.getByRole('alert').filter({ hasText: 'name or the password is wrong' }).waitFor()
      await logIn(page, 'anna')
      await openTab(page, 'Users')
      const form = page.locator('[data-add-user]')
      for (const [name, role] of [
        ['vera', 'viewer'],
        ['otto', 'operator'],
      ] as const) {
        await form.getByLabel('Name').fill(name)
        await form.getByLabel('Role').selectOption(role)
        await form.getByLabel('Password', { exact: true }).fill(password)
        await form.getByRole('button', { name: 'Add', exact: true }).click()
        await page.locator(`[data-user="${name}"]`).waitFor()
      }
      // The last admin stays one.
      await page.getByLabel('Role of anna').selectOption('viewer')
      await page.getByRole('alert').filter({ hasText: 'admin' }).waitFor()
      expect(await page.getByLabel('Role of anna').inputValue()).toBe('admin')
      expect(await axe(page)).toEqual([])

      await page.getByRole('tab', { name: 'Secrets' }).click()
      await page.locator('[data-set-secret]').getByLabel('Name').fill('hook')
      await page.locator('[data-set-secret]').getByLabel('Value', { exact: true }).fill('canary-7141')
      await page.keyboard.press('Enter')
      await page.locator('[data-secret="hook"]').waitFor()
      await page.getByRole('button', { name: 'Replace' }).click()
      await page.locator('[data-set-secret="hook"]').getByLabel('Value', { exact: true }).fill('canary-7142')
      await page.keyboard.press('Enter')
      await page.locator('[data-set-secret="hook"]').waitFor({ state: 'detached' })
      expect(await page.content()).not.toContain('canary')
      expect(await axe(page)).toEqual([])
      await page.getByRole('button', { name: 'Remove', exact: true }).click()
      await page.locator('[data-sure]').click()
      await page.locator('[data-secret="hook"]').waitFor({ state: 'detached' })

      await page.getByRole('tab', { name: 'API tokens' }).click()
      await page.locator('[data-make-token]').getByLabel('What it is for').fill('dashboard')
      await page.keyboard.press('Enter')
      const token = await page.locator('[data-new-token]').innerText()
      const flows = () =>
        fetch(`${engine.url}api/v1/flows`, { headers: { Authorization: `Bearer ${token}` } }).then(
          ({ status }) => status,
        )
      expect(await flows()).toBe(200)
      expect(await axe(page)).toEqual([])
      await page.getByRole('button', { name: 'I have it' }).click()
      expect(await page.content()).not.toContain(token)
      await page.locator('[data-token="dashboard"]').getByRole('button', { name: 'Revoke' }).click()
      await page.locator('[data-sure]').click()
      await page.locator('[data-token="dashboard"]').waitFor({ state: 'detached' })
      expect(await flows()).toBe(401)

      await page.getByRole('tab', { name: 'Audit log' }).click()
      await page.locator('[data-audit="secret.set"]').first().waitFor()
      await page.getByLabel('Outcome').selectOption('refused')
      await page.locator('[data-audit="login"][data-outcome="refused"]').first().waitFor()
      await page.locator('[data-audit="secret.set"]').first().waitFor({ state: 'detached' })
      expect(await page.locator('[data-outcome="done"]').count()).toBe(0)
      expect(await axe(page)).toEqual([])
      expect(ownComplaints(complaints)).toEqual([])
    })
  }, 120_000)

  it('with the role viewer see everything and change nothing; an operator acknowledges', async () => {
    await withPage(browser, engine.url, { first: '[data-sign-in]' }, async ({ page, complaints }) => {
      await logIn(page, 'vera')
      await page.getByText('Read only').waitFor()
      const node = page.locator('[data-node="full"]')
      await node.click()
      expect(await page.locator('[data-field="raise"] input').isDisabled()).toBe(true)
      const before = await middleOf(page, '[data-node="full"]')
      await drag(page, before, { x: before.x + 90, y: before.y + 60 })
      await page.keyboard.press('Delete')
      await page
        .getByRole('status')
        .filter({ hasText: 'This needs the role editor; yours is viewer.' })
        .first()
        .waitFor()
      await node.waitFor()
      expect(await page.locator('[data-deploy]').getAttribute('title')).toContain('needs the role editor')
      expect(await page.locator('[data-type="filter"]').isDisabled()).toBe(true)
      expect(await page.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true)
      expect(await page.getByRole('button', { name: 'New flow' }).isDisabled()).toBe(true)
      // Tabs of the administration that are not theirs cannot be opened.
      await page.locator('[data-account]').click()
      expect(await page.getByRole('tab', { name: 'Users', exact: true }).isDisabled()).toBe(true)
      await page.locator('[data-logout]').click()

      const client = await engine.mqtt()
      await client.publishAsync('tanks/a', '9', { qos: 1 })
      await logIn(page, 'otto')
      await page.locator('[data-account="otto"]').waitFor()
      await page.keyboard.press('a')
      await page.locator('[data-alarm="a"]').getByRole('button', { name: 'Acknowledge' }).click()
      await page.locator('[data-alarm="a"]:not([data-waiting])').waitFor()
      expect(await page.locator('[data-deploy]').isDisabled()).toBe(true)
      expect(ownComplaints(complaints)).toEqual([])
    })
  }, 120_000)

  it('whose session ends elsewhere log in again over their draft, and lose nothing of it', async () => {
    await withPage(browser, engine.url, { first: '[data-sign-in]' }, async ({ page, complaints }) => {
      await logIn(page, 'anna')
      await page.locator('[data-node="full"]').click()
      await page.locator('[data-field="raise"] input').fill('> 12')
      await page.locator('[data-deploy]:not([disabled])').waitFor()
      await withPage(browser, engine.url, { first: '[data-sign-in]' }, async ({ page: other }) => {
        await logIn(other, 'anna')
        await openTab(other, 'Account')
        await other.getByRole('button', { name: 'Log out everywhere' }).click()
        await other.locator('[data-sign-in="login"]').waitFor()
      })
      await page.locator('[data-sign-in="login"][data-over]').waitFor()
      await page.getByText('What you have changed is still here.').waitFor()
      expect(await axe(page)).toEqual([])
      await logIn(page, 'anna')
      await page.locator('[data-sign-in]').waitFor({ state: 'detached' })
      expect(await page.locator('[data-field="raise"] input').inputValue()).toBe('> 12')
      await page.locator('[data-deploy]').click()
      await page.locator('[data-confirm]').click()
      await page.getByText('Tanks is deployed.').first().waitFor()
      expect(readFileSync(join(engine.flows, 'tanks.json'), 'utf8')).toContain('> 12')
      // And values come again.
      const client = await engine.mqtt()
      await client.publishAsync('tanks/a', '3', { qos: 1 })
      await page.locator('[data-node="in"]').getByText('3', { exact: true }).waitFor()
      expect(ownComplaints(complaints)).toEqual([])
    })
  }, 120_000)

  it('are told in one line when the engine stands open to everybody', async () => {
    // No test may listen for other machines: what the engine says then is put in its mouth.
    const before = async (page: Page) => {
      await page.route('**/api/v1/session', (route) =>
        route.fulfill({
          json: {
            mode: 'single-user',
            who: { name: 'local', role: 'admin', kind: 'local' },
            open: true,
            passwordLength: { least: 10, most: 1024 },
          },
        }),
      )
    }
    await withPage(browser, engine.url, { before, first: '[data-warnings]' }, async ({ page }) => {
      await page.locator('[data-warnings]').getByText('Everybody who reaches this engine may do everything').waitFor()
      await page.locator('[data-warnings]').getByRole('button', { name: 'Hide' }).click()
      await page.locator('[data-warnings]').waitFor({ state: 'detached' })
    })
  }, 60_000)
})
