/** Instances as the ROADEF/EURO challenge 2012 wrote them: `model_X.txt` with `assignment_X.txt` beside it. */
import type { Balance, Problem } from '@holdfast/scheduler/core';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BadFile, NumberFile } from './numbers.js';

/** The challenge has up to 5,000 machines and 50,000 processes: beyond these a count is taken for an error. */
const most = { resources: 100, machines: 20_000, services: 1_000_000, processes: 1_000_000, balances: 1000 };
const maxPlace = 1_000_000;
/** Cells of the tables that the search makes: services with rules by locations, by neighbourhoods, by machines. */
const maxWhole = Number.MAX_SAFE_INTEGER;
const maxSmall = 2 ** 31 - 1;

/** Names in `model_NAME.txt`, the numbers in them in their order. */
export async function instanceNames(directory: string): Promise<string[]> {
  const files = await readdir(directory).catch(() => {
    throw new BadFile(`${directory} cannot be read; name a directory with model_X.txt and assignment_X.txt`);
  });
  const names = files.flatMap((file) => /^model_(.+)\.txt$/.exec(file)?.[1] ?? []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export async function readInstance(directory: string, name: string): Promise<Problem> {
  const open = async (file: string): Promise<NumberFile> => {
    const bytes = await readFile(join(directory, file)).catch((error: { code?: string }) => {
      const why = error.code === 'ENOENT' ? 'is not there' : `cannot be read (${error.code ?? 'unknown'})`;
      throw new BadFile(`${join(directory, file)} ${why}; put model and assignment side by side`);
    });
    return new NumberFile(join(directory, file), bytes);
  };
  return parseInstance(await open(`model_${name}.txt`), await open(`assignment_${name}.txt`));
}

/** Its columns lie in memory that workers can share. */
export function parseInstance(model: NumberFile, assignment: NumberFile): Problem {
  const { transient, loadWeight } = readResources(model);
  const resources = transient.length;
  const machines = readMachines(model, resources);
  const services = readServices(model);
  const processes = readProcesses(model, resources, services.services);
  const balances = readBalances(model, resources);
  const [processMove, serviceMove, machineMove] = ['process', 'service', 'machine'].map((what) =>
    model.read(`the weight of ${what} moves`)) as [number, number, number];
  model.end();
  return {
    resources,
    transient,
    loadWeight,
    ...machines,
    ...services,
    ...processes,
    balances,
    weights: { processMove, serviceMove, machineMove },
    initial: readAssignment(assignment, processes.processes, machines.machines),
  };
}

const floats = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
const integers = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
const bytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

function readResources(file: NumberFile): Pick<Problem, 'transient' | 'loadWeight'> {
  const count = file.read('the number of resources', 1, most.resources);
  const transient = bytes(count);
  const loadWeight = floats(count);
  for (let r = 0; r < count; r += 1) {
    transient[r] = file.read(`whether resource ${r} is transient`, 0, 1);
    loadWeight[r] = file.read(`the load weight of resource ${r}`);
  }
  return { transient, loadWeight };
}

type Machines = Pick<
  Problem,
  'machines' | 'locations' | 'neighbourhoods' | 'neighbourhood' | 'location' | 'capacity' | 'safety' | 'moveCost'
>;

function readMachines(file: NumberFile, resources: number): Machines {
  const count = file.read('the number of machines', 1, most.machines);
  const neighbourhood = integers(count);
  const location = integers(count);
  const capacity = floats(count * resources);
  const safety = floats(count * resources);
  const moveCost = new Uint32Array(new SharedArrayBuffer(count * count * 4));
  for (let m = 0; m < count; m += 1) {
    neighbourhood[m] = file.read(`the neighbourhood of machine ${m}`, 0, maxPlace);
    location[m] = file.read(`the location of machine ${m}`, 0, maxPlace);
    for (let r = 0; r < resources; r += 1) capacity[m * resources + r] = file.read(`a capacity of machine ${m}`);
    for (let r = 0; r < resources; r += 1) safety[m * resources + r] = file.read(`a safety capacity of machine ${m}`);
    for (let to = 0; to < count; to += 1) {
      moveCost[m * count + to] = file.read(`a move cost of machine ${m}`, 0, maxSmall);
    }
  }
  const [neighbourhoods, locations] = [dense(neighbourhood), dense(location)];
  return { machines: count, locations, neighbourhoods, neighbourhood, location, capacity, safety, moveCost };
}

/** Numbers the values anew from 0, without gaps; how many there are. */
function dense(values: Int32Array): number {
  const known = new Map<number, number>();
  for (const [i, value] of values.entries()) {
    const number = known.get(value) ?? known.size;
    known.set(value, number);
    values[i] = number;
  }
  return known.size;
}

function readServices(file: NumberFile): Pick<Problem, 'services' | 'spread' | 'dependencyStart' | 'dependsOn'> {
  const services = file.read('the number of services', 1, most.services);
  const spread = integers(services);
  const dependencyStart = integers(services + 1);
  const all: number[] = [];
  for (let s = 0; s < services; s += 1) {
    spread[s] = file.read(`the spread of service ${s}`, 0, maxPlace);
    const count = file.read(`the number of dependencies of service ${s}`, 0, services);
    for (let i = 0; i < count; i += 1) all.push(file.read(`a dependency of service ${s}`, 0, services - 1));
    dependencyStart[s + 1] = all.length;
  }
  const dependsOn = integers(all.length);
  dependsOn.set(all);
  return { services, spread, dependencyStart, dependsOn };
}

type Processes = Pick<Problem, 'processes' | 'service' | 'requirement' | 'processMoveCost' | 'fixed'>;

function readProcesses(file: NumberFile, resources: number, services: number): Processes {
  const processes = file.read('the number of processes', 1, most.processes);
  const service = integers(processes);
  const requirement = floats(processes * resources);
  const processMoveCost = floats(processes);
  for (let p = 0; p < processes; p += 1) {
    service[p] = file.read(`the service of process ${p}`, 0, services - 1);
    for (let r = 0; r < resources; r += 1) requirement[p * resources + r] = file.read(`what process ${p} requires`);
    processMoveCost[p] = file.read(`the move cost of process ${p}`);
  }
  return { processes, service, requirement, processMoveCost, fixed: bytes(processes) };
}

function readBalances(file: NumberFile, resources: number): Balance[] {
  const count = file.read('the number of balances', 0, most.balances);
  return Array.from({ length: count }, (_, i) => ({
    a: file.read(`the first resource of balance ${i}`, 0, resources - 1),
    b: file.read(`the second resource of balance ${i}`, 0, resources - 1),
    target: file.read(`the target of balance ${i}`, 0, maxWhole),
    weight: file.read(`the weight of balance ${i}`, 0, maxWhole),
  }));
}

function readAssignment(file: NumberFile, processes: number, machines: number): Int32Array {
  const initial = integers(processes);
  for (let p = 0; p < processes; p += 1) initial[p] = file.read(`the machine of process ${p}`, 0, machines - 1);
  file.end();
  return initial;
}
