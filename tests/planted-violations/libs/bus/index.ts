export const bus = 'the port';
