/** A task in the queue. Cancelling leaves it there, to be skipped. */
export interface Task {
  atMs: number;
  order: number;
  run: (() => void) | null;
}

/** A binary heap of tasks by time; tasks of the same time run in the order they were added. */
export class EventQueue {
  private readonly heap: Task[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  push(atMs: number, run: () => void): Task {
    const task: Task = { atMs, order: this.order, run };
    this.order += 1;
    const { heap } = this;
    let at = heap.length;
    heap.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Task;
      if (!isBefore(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
    return task;
  }

  /** When the next task is due; Infinity when there is none. */
  nextAtMs(): number {
    return this.heap[0]?.atMs ?? Infinity;
  }

  pop(): Task | null {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return null;
    if (heap.length > 0) this.sink(last);
    return first;
  }

  private sink(task: Task): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      const below = heap[child] as Task;
      if (!isBefore(below, task)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = task;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
