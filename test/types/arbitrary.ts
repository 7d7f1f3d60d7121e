import fc from 'fast-check'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  closedObject,
  describedObject,
  learnedObject,
  MISSING,
  NULL,
  NUMBER,
  numberOf,
  openObject,
  optional,
  rangeOf,
  STRING,
  stringOf,
  TIME,
  type Type,
  union,
} from '../../engine/types/index.ts'

/** Every property of this folder runs with this seed; fast-check prints it with a failing case. */
export const seeded = { seed: 20_261_123, numRuns: 2000 }

const names = fc.constantFrom('a', 'b', 'c', 'unit', '__proto__', 'two words')

/** Values as devices send them, few enough kinds that two of them often agree. */
export const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 2.5, -3, 40, '', 'C', 'F', 'other', Date.UTC(2026, 1, 1)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    fc.constant(new Uint8Array([1, 2])),
  ),
})).value

/** Types of every kind, nested up to three deep, that values of `values` often belong to. */
export const types: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Type>(ANY, NULL, BOOLEAN, NUMBER, STRING, BYTES, TIME),
    fc.constantFrom<Type>(
      numberOf(0, 1),
      numberOf(40),
      rangeOf(0, 10),
      rangeOf(undefined, 2),
      stringOf('C', 'F'),
      stringOf(''),
    ),
    tie('type').map(arrayOf),
    fc.tuple(shapeFields(tie('type')), tie('type')).map(([fields, rest]) => openObject(fields, rest)),
    shapeFields(tie('type')).map((fields) => openObject(fields)),
    shapeFields(tie('type')).map(closedObject),
    shapeFields(tie('type')).map(learnedObject),
    shapeFields(tie('type')).map(describedObject),
    fc.tuple(tie('type'), tie('type')).map(([a, b]) => union(a, b)),
  ),
})).type

/** Types that hold the absence of a value too. */
export const maybeMissing: fc.Arbitrary<Type> = fc.oneof(types, types.map(optional), fc.constant(MISSING))

function shapeFields(type: fc.Arbitrary<Type>): fc.Arbitrary<Record<string, Type>> {
  const field = fc
    .tuple(names, type, fc.boolean())
    .map(([name, t, needed]) => [name, needed ? t : optional(t)] as const)
  return fc.array(field, { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
}
