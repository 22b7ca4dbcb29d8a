/** The name of a suite, with what is left out of it and why. */
export function titled(name: string, outside: Readonly<Record<string, string>>): string {
  const reasons = Object.entries(outside).map(([part, why]) => `${part} left out: ${why}`);
  return `${name} (${reasons.join('; ')})`;
}
