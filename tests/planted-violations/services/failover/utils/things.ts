export const things = 1;
