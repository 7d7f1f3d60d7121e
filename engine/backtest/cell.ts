/** Numbers as JSON has them; `007` is a text, since something is called that. */
const numberShape = /^[-+]?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][-+]?\d+)?$/
/** `12,5`, `1.234,5` and `1,5E-3` of sheets that use a semicolon between columns, as they have the comma in numbers. */
const commaShape = /^[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+(?:[eE][-+]?\d+)?$/
/** Longer numbers would lose digits. */
const longestNumber = 17

/**
 * What stands in a cell of a CSV file, as a value: a number, true or false, a text; undefined for an empty one.
 *
 * @param comma whether numbers are written with a comma
 */
export function cellValue(cell: string, comma: boolean): number | boolean | string | undefined {
  if (cell === '') return undefined
  const first = cell.charCodeAt(0)
  // Most texts are told apart by their first sign: a digit, + - or .
  if ((first >= 48 && first <= 57) || first === 45 || first === 43 || first === 46) {
    if (cell.length <= longestNumber + 8 && /\d/.test(cell) && numberShape.test(cell)) {
      const digits = cell.length <= longestNumber || /[.eE]/.test(cell)
      if (digits) return Number(cell)
    }
    if (comma && commaShape.test(cell)) return Number(cell.replaceAll('.', '').replace(',', '.'))
    return cell
  }
  if (cell === 'true' || cell === 'TRUE' || cell === 'True') return true
  if (cell === 'false' || cell === 'FALSE' || cell === 'False') return false
  return cell
}
