/** Whoever a task belongs to: it may have died since, or be frozen. */
export interface Owner {
  goOn(work: () => void, life: number): void;
}

/** A task in the queue. Cancelling (`run = null`) leaves it there, to be skipped. */
export interface Task {
  atMs: number;
  order: number;
  run: (() => void) | null;
  owner: Owner | null;
  life: number;
  /** The one after it in the same millisecond. */
  next: Task | null;
}

/** So far ahead every millisecond has a list of its own; what is due later waits in a heap. */
const wheelMs = 8192;
const mask = wheelMs - 1;

/**
 * Tasks by whole milliseconds; tasks of the same time run in the order they were added. Nothing may be added before the
 * time of the task taken last.
 */
export class EventQueue {
  private readonly heads: (Task | null)[] = new Array<Task | null>(wheelMs).fill(null);
  private readonly tails: (Task | null)[] = new Array<Task | null>(wheelMs).fill(null);
  /** A bit for each millisecond of the wheel that has a task. */
  private readonly taken = new Int32Array(wheelMs / 32);
  private readonly far: Task[] = [];
  private wheelCount = 0;
  private order = 0;
  private baseMs = 0;
  /** When the first task of the wheel is due; Infinity when it is empty. */
  private firstMs = Infinity;

  get size(): number {
    return this.wheelCount + this.far.length;
  }

  push(atMs: number, run: () => void, owner: Owner | null = null, life = 0): Task {
    const task: Task = { atMs, order: this.order, run, owner, life, next: null };
    this.order += 1;
    if (atMs < this.baseMs + wheelMs) this.place(task);
    else this.putFar(task);
    return task;
  }

  /** When the next task is due; Infinity when there is none. */
  nextAtMs(): number {
    return this.wheelCount > 0 ? this.firstMs : (this.far[0]?.atMs ?? Infinity);
  }

  pop(): Task | null {
    const atMs = this.nextAtMs();
    if (atMs === Infinity) return null;
    if (atMs > this.baseMs) {
      this.baseMs = atMs;
      // Before anything is added for those times directly, so that the order of adding holds.
      while (this.far.length > 0 && (this.far[0] as Task).atMs < atMs + wheelMs) this.place(this.takeFar());
    }
    const slot = atMs & mask;
    const task = this.heads[slot] as Task;
    this.heads[slot] = task.next;
    this.wheelCount -= 1;
    if (task.next === null) {
      this.tails[slot] = null;
      this.taken[slot >> 5] = (this.taken[slot >> 5] as number) & ~(1 << (slot & 31));
      this.firstMs = this.wheelCount > 0 ? this.nextTaken(atMs + 1) : Infinity;
    }
    return task;
  }

  private place(task: Task): void {
    const slot = task.atMs & mask;
    const tail = this.tails[slot];
    if (tail) tail.next = task;
    else {
      this.heads[slot] = task;
      this.taken[slot >> 5] = (this.taken[slot >> 5] as number) | (1 << (slot & 31));
    }
    this.tails[slot] = task;
    this.wheelCount += 1;
    if (task.atMs < this.firstMs) this.firstMs = task.atMs;
  }

  private nextTaken(fromMs: number): number {
    const { taken } = this;
    let word = (fromMs & mask) >> 5;
    let bits = (taken[word] as number) & (-1 << (fromMs & 31));
    let startMs = fromMs - (fromMs & 31);
    while (bits === 0) {
      word = (word + 1) & (wheelMs / 32 - 1);
      startMs += 32;
      bits = taken[word] as number;
    }
    return startMs + 31 - Math.clz32(bits & -bits);
  }

  private putFar(task: Task): void {
    const { far } = this;
    let at = far.length;
    far.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = far[parent] as Task;
      if (!isBefore(task, above)) break;
      far[at] = above;
      at = parent;
    }
    far[at] = task;
  }

  private takeFar(): Task {
    const { far } = this;
    const first = far[0] as Task;
    const last = far.pop() as Task;
    if (far.length > 0) this.sink(last);
    return first;
  }

  private sink(task: Task): void {
    const { far } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= far.length) break;
      if (child + 1 < far.length && isBefore(far[child + 1] as Task, far[child] as Task)) child += 1;
      const below = far[child] as Task;
      if (!isBefore(below, task)) break;
      far[at] = below;
      at = child;
    }
    far[at] = task;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
