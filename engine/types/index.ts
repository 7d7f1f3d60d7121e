/** Structural types: the lattice, whether one fits another, how they are printed. Pure: data in, data out. */
export { type Fit, fits, maxReasons, type Reason, type Verdict } from './fits.ts'
export { intersect } from './intersect.ts'
export { type MessageParts, messageType } from './message.ts'
export { joinPath, type PrintLimits, printType, printTypeLines } from './print.ts'
export * from './type.ts'
export { fieldType, only, optional, union, withField, without } from './union.ts'
export { kindOf, member, typeOfValue } from './value.ts'
