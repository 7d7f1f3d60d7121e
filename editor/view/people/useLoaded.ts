import { useCallback, useEffect, useState } from 'react'
import { useEditor, useServer } from '../context.ts'

/** What a question to the engine is answered with, and how to ask again and to do something that changes it. */
export function useLoaded<Answer>(ask: () => Promise<Answer>): {
  answer: Answer | undefined
  again: () => void
  /** Does something, shows what is said against it, and asks again; false when it failed. */
  act: (work: () => Promise<unknown>) => Promise<boolean>
} {
  const editor = useEditor()
  const [answer, setAnswer] = useState<Answer>()
  const [asked, setAsked] = useState(0)
  const who = useServer((state) => state.session?.who?.name)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is the same each time; `asked` asks it again, and so does another login
  useEffect(() => {
    let gone = false
    if (who === undefined) return
    ask().then((found) => {
      if (!gone) setAnswer(found)
    }, editor.fail)
    return () => {
      gone = true
    }
  }, [editor, asked, who])
  const again = useCallback(() => setAsked((count) => count + 1), [])
  const act = useCallback(
    async (work: () => Promise<unknown>) => {
      try {
        await work()
        return true
      } catch (thrown) {
        editor.fail(thrown)
        return false
      } finally {
        again()
      }
    },
    [editor, again],
  )
  return { answer, again, act }
}
