import { StreamLanguage } from '@codemirror/language'

/** Names of the functions that JSONata has, for completion. */
export const builtIns: readonly string[] =
  `$abs $append $assert $average $base64decode $base64encode $boolean $ceil $clone $contains $count $decodeUrl $decodeUrlComponent
   $distinct $each $encodeUrl $encodeUrlComponent $error $eval $exists $filter $floor $formatBase $formatInteger $formatNumber $fromMillis
   $join $keys $length $lookup $lowercase $map $match $max $merge $millis $min $not $now $number $pad $parseInteger $power $random $reduce
   $replace $reverse $round $shuffle $sift $single $sort $split $spread $sqrt $string $substring $substringAfter $substringBefore $sum
   $toMillis $trim $type $uppercase $zip`
    .split(/\s+/)
    .filter(Boolean)

/** Colours of JSONata: just what the eye needs, the engine finds the faults. */
export const jsonataLanguage = StreamLanguage.define<{ comment: boolean }>({
  name: 'jsonata',
  startState: () => ({ comment: false }),
  token(stream, state) {
    if (state.comment) {
      state.comment = !stream.skipTo('*/')
      if (state.comment) stream.skipToEnd()
      else stream.match('*/')
      return 'comment'
    }
    if (stream.eatSpace()) return null
    if (stream.match('/*')) {
      state.comment = true
      return 'comment'
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return 'string'
    if (stream.match(/^`[^`]*`?/)) return 'propertyName'
    if (stream.match(/^\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/)) return 'number'
    if (stream.match(/^(?:and|or|in|function)\b/)) return 'keyword'
    if (stream.match(/^(?:true|false|null)\b/)) return 'bool'
    if (stream.match(/^\$\w+(?=\s*\()/)) return 'variableName.function'
    if (stream.match(/^\$\$?\w*/)) return 'keyword'
    if (stream.match(/^[A-Za-z_]\w*/)) return 'propertyName'
    stream.next()
    return /[-+*/%=<>!&|?:~^@#]/.test(stream.current()) ? 'operator' : null
  },
  languageData: { closeBrackets: { brackets: ['(', '[', '{', '"'] } },
})
