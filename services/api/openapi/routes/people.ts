import { whoamiViewSchema } from '@holdfast/contracts';
import type { Routes } from '../route.js';

export const peopleRoutes: Routes = {
  'GET /api/v1/whoami': {
    operationId: 'whoami',
    summary: 'Who is signed in, and what that permits',
    answer: { status: 200, schema: whoamiViewSchema },
  },
};
