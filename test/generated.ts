import { configJsonSchema, settingsMarkdown } from '../engine/config/index.ts'
import { flowSchema, nodesMarkdown } from '../engine/flow/index.ts'
import { ruleTestsJsonSchema } from '../engine/rules/index.ts'
import { routesMarkdown } from '../engine/server/matrix.ts'
import { nodeSpecs } from '../nodes/index.ts'

/** What is made from the node types and checked in: path from the repository's root, and text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['flows/flow.schema.json', `${JSON.stringify(flowSchema(nodeSpecs), null, 2)}\n`],
    ['flows/rule-tests.schema.json', `${JSON.stringify(ruleTestsJsonSchema(), null, 2)}\n`],
    ['flows/rulewire.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ['engine/docs/settings.md', settingsMarkdown()],
    ['nodes/README.md', nodesMarkdown(nodeSpecs)],
    ['engine/docs/routes.md', routesMarkdown()],
  ])
}
