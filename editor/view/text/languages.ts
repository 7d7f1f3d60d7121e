import { en } from './en.ts'

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

type TextTable = typeof en
export type TextKey = keyof TextTable
/** A language has a text for every key of English. */
export type Texts = Readonly<Record<TextKey, string>>

type Names<Text extends string> = Text extends `${string}{${infer Inner}}${infer Rest}`
  ? NameOf<Inner> | Names<Rest>
  : never
type NameOf<Inner extends string> = Inner extends `${infer Name}|${string}` ? Name : Inner

/** The values that a text needs. */
export type TextValues<Key extends TextKey> = { [Name in Names<TextTable[Key]>]: string | number }

/** Gives the text of a key with its values filled in. */
export type Translate = <Key extends TextKey>(
  key: Key,
  ...values: [Names<TextTable[Key]>] extends [never] ? [] : [values: TextValues<Key>]
) => string

/** The texts of a language; those of other languages than English are loaded when they are chosen. */
export async function loadTexts(language: Language): Promise<Texts> {
  return language === 'zh' ? (await import('./zh.ts')).zh : en
}

export function translator(texts: Texts): Translate {
  return (key, ...values) => fillText(texts[key], values[0] ?? {})
}

/** Fills `{name}` in a text; `{count|node|nodes}` is the word that goes with one, or with any other number. */
export function fillText(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    if (!(name in values)) return whole
    const value = String(values[name])
    return one === undefined || many === undefined ? value : value === '1' ? one : many
  })
}

/** The language of the browser, where there is one for it. */
export function browserLanguage(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(en|zh)\b/i.test(tag))
  return first?.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
