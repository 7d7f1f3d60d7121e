import { type Expression, expression, z } from '../../engine/node.ts'

/** A text with places that expressions fill: one more text than expressions, which stand between them. */
export interface TextTemplate {
  readonly texts: string[]
  readonly expressions: Expression[]
}

/** The config field for a text with `{{ jsonata }}` in it. Its value is a {@link TextTemplate}. */
export function textTemplate() {
  return z
    .string()
    .max(100_000)
    .transform((text, context): TextTemplate => {
      const texts: string[] = []
      const expressions: Expression[] = []
      let end = 0
      for (let start = text.indexOf('{{'); start >= 0; start = text.indexOf('{{', end)) {
        const part = readPart(text, start + 2)
        if ('fault' in part) {
          context.addIssue({ code: 'custom', message: part.fault })
          return z.NEVER
        }
        texts.push(text.slice(end, start))
        expressions.push(part.expression)
        end = part.end
      }
      texts.push(text.slice(end))
      return { texts, expressions }
    })
    .meta({ format: 'text-template' })
}

/** Reads an expression and the `}}` behind it. An expression may hold `}}` itself, so the first end that it can be read with counts. */
function readPart(text: string, start: number): { expression: Expression; end: number } | { fault: string } {
  let fault = `"{{${shorten(text.slice(start))}" has no "}}" behind it; write {{ expression }}, or {{ "{{" }} for the sign itself`
  for (
    let tries = 0, end = text.indexOf('}}', start);
    end >= 0 && tries < 20;
    end = text.indexOf('}}', end + 1), tries++
  ) {
    const source = text.slice(start, end).trim()
    if (source === '') return { fault: '"{{ }}" is empty; write an expression such as {{ payload.temperature }}' }
    const found = expression().safeParse(source)
    if (found.success) return { expression: found.data, end: end + 2 }
    if (tries === 0) fault = `JSONata cannot read "{{ ${shorten(source)} }}": ${found.error.issues[0]?.message ?? ''}`
  }
  return { fault }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}
