import { hash32 } from '@holdfast/kernel';

/** A version 4 shape, from a name. */
export function uuidOf(name: string): string {
  const hex = [0, 1, 2, 3].map((part) => hash32(`${name}/${part}`).toString(16).padStart(8, '0')).join('');
  const [a, b] = [hex.slice(0, 8), hex.slice(8, 12)];
  return `${a}-${b}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** New with every power-on. */
export const bootIdOf = ({ name, boots }: { name: string; boots: number }): string => uuidOf(`${name}/boot${boots}`);
