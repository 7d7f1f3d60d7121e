/** Passwords, roles, tokens, sessions and login limits: data in, data out. */
export { type FailureRule, Failures } from './failures.ts'
export { LoginLimiter } from './limiter.ts'
export { isUserName } from './names.ts'
export {
  bestMethod,
  checkPassword,
  decoyHash,
  type HashMethod,
  hashPassword,
  isOutdated,
  isPassword,
  passwordLength,
} from './password.ts'
export {
  type Access,
  consoleAdmin,
  isAllowed,
  isRole,
  lesserRole,
  localAdmin,
  nobody,
  type Principal,
  type Role,
  roles,
} from './roles.ts'
export { defaultSessionLimits, type SessionLimits, sessionEnds, usePrecision } from './session.ts'
export { holdsToken, makeToken, randomId, randomSecret, secretHash, shownLength, tokenFault } from './token.ts'
