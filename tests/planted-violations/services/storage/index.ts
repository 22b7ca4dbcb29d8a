/** Planted: a cycle, and the NATS client outside the bus. */
import { connect } from '@nats-io/transport-node';
import { decide } from './cycle.js';

export const storage = [connect.name, decide()];
