import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * What axe finds against WCAG 2.2 AA on a page as it is now; empty when it finds nothing.
 * @param rules only these, such as `color-contrast`, where all others were looked at before
 */
export async function axe(page: Page, rules: readonly string[] = []): Promise<string[]> {
  // The page's own policy forbids foreign scripts: the check runs in the world of the tools.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  return page.evaluate(async (only) => {
    const axe = Reflect.get(window, 'axe') as {
      run(
        context: unknown,
        options: unknown,
      ): Promise<{
        violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
      }>
    }
    const { violations } = await axe.run(document, {
      runOnly:
        only.length > 0
          ? { type: 'rule', values: only }
          : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // What passes is not looked at, so it need not be described.
      resultTypes: ['violations'],
      selectors: false,
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 2)
        .map(({ html, failureSummary }) => `${id} ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
    )
  }, rules)
}
