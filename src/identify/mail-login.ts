/** SASL mechanisms that hand the password itself to the server (RFC 4616 and its elder). */
const PASSWORD_MECHANISMS = new Set(['PLAIN', 'LOGIN']);

/** Whether one of the mechanisms sends the password as it is. */
export function sendsPassword(mechanisms: readonly string[]): boolean {
  return mechanisms.some((mechanism) => PASSWORD_MECHANISMS.has(mechanism.toUpperCase()));
}
