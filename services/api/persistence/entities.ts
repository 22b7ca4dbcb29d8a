import type { EntitySchema } from 'typeorm';
import { historyEntity } from './history-entity.js';

/** Every table there is an entity for; its columns are those that the migrations make. */
export const entities: readonly EntitySchema[] = [historyEntity as EntitySchema];
