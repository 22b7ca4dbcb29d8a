import type { EntityManager } from 'typeorm';

/** One step of the schema. Never changed once it is released: a further one follows it. */
export interface Migration {
  /** Without gaps, from 1 on. */
  readonly number: number;
  readonly name: string;
  up(manager: EntityManager): Promise<void>;
  /** Leaves what was before `up`; what `up` added is lost. */
  down(manager: EntityManager): Promise<void>;
}
