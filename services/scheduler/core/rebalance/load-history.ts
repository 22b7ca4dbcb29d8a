/**
 * What VMs want at each time of the day, and from it what each will want in an hour.
 *
 * Exponential smoothing with an additive season and no trend (Winters, *Forecasting Sales by Exponentially Weighted
 * Moving Averages*, Management Science 6, 1960): the season is the mean of each five minutes of the day, smoothed over
 * the days; what is wanted in an hour is what is wanted now, and what then is usual beyond what now is usual. It counts
 * only where it has lately come closer than the guess that nothing changes.
 *
 * Two bytes for each five minutes and VM, in blocks of flat arrays: 62 MB for 100,000 VMs.
 */

const slotMs = 300_000;
const slotsADay = 288;
/** An hour. */
const ahead = 12;
/** A day before counts for half, the one before that for a quarter. */
const ofToday = 0.5;
/** Of the errors: twelve hours ago counts for 5 %. */
const ofThisError = 0.02;
/** Forecasts of so many slots have to have come true or not before one counts: three hours. */
const trustedAfter = 36;
const rowsInBlock = 256;
/** CPUs in hundredths; the largest number is for what is not known. */
const perCpu = 100;
const unknown = 0xffff;

interface Block {
  /** By row and time of the day. */
  usual: Uint16Array;
  /** By row and slot modulo an hour: what was forecast for that slot, and what was wanted an hour before it. */
  forecast: Uint16Array;
  earlier: Uint16Array;
  /** By row: errors of the forecast and of the guess that nothing changes, how many were seen, and the last slot. */
  error: Float32Array;
  guessError: Float32Array;
  judged: Uint8Array;
  slot: Float64Array;
  /** Of the slot that is under way. */
  sum: Float32Array;
  count: Uint16Array;
}

const blockOf = (): Block => ({
  usual: new Uint16Array(rowsInBlock * slotsADay).fill(unknown),
  forecast: new Uint16Array(rowsInBlock * ahead).fill(unknown),
  earlier: new Uint16Array(rowsInBlock * ahead).fill(unknown),
  error: new Float32Array(rowsInBlock),
  guessError: new Float32Array(rowsInBlock),
  judged: new Uint8Array(rowsInBlock),
  slot: new Float64Array(rowsInBlock).fill(-1),
  sum: new Float32Array(rowsInBlock),
  count: new Uint16Array(rowsInBlock),
});

const told = (cpus: number): number => Math.min(unknown - 1, Math.max(0, Math.round(cpus * perCpu)));

export class LoadHistory {
  private readonly blocks: Block[] = [];

  /** A row that is used for another VM from now on. */
  forget(row: number): void {
    const block = this.blocks[Math.floor(row / rowsInBlock)];
    if (!block) return;
    const r = row % rowsInBlock;
    block.usual.fill(unknown, r * slotsADay, (r + 1) * slotsADay);
    for (const ring of [block.forecast, block.earlier]) ring.fill(unknown, r * ahead, (r + 1) * ahead);
    for (const column of [block.error, block.guessError, block.judged, block.sum, block.count]) column[r] = 0;
    block.slot[r] = -1;
  }

  hear(row: number, cpus: number, nowMs: number): void {
    const index = Math.floor(row / rowsInBlock);
    while (this.blocks.length <= index) this.blocks.push(blockOf());
    const block = this.blocks[index] as Block;
    const r = row % rowsInBlock;
    const slot = Math.floor(nowMs / slotMs);
    const last = block.slot[r] as number;
    if (slot > last && last >= 0) {
      close(block, r, (block.sum[r] as number) / Math.max(1, block.count[r] as number));
      // What was forecast for slots in which nothing was heard is of no use any more.
      for (let missed = last + 1; missed < slot && missed <= last + ahead; missed += 1) {
        block.forecast[r * ahead + (missed % ahead)] = unknown;
        block.earlier[r * ahead + (missed % ahead)] = unknown;
      }
    }
    if (slot !== last) {
      block.slot[r] = slot;
      block.sum[r] = 0;
      block.count[r] = 0;
    }
    block.sum[r] = (block.sum[r] as number) + cpus;
    block.count[r] = Math.min(unknown, (block.count[r] as number) + 1);
  }

  /** CPUs wanted in an hour; null where that is not known well enough. */
  soon(row: number, nowMs: number): number | null {
    const block = this.blocks[Math.floor(row / rowsInBlock)];
    const r = row % rowsInBlock;
    const slot = Math.floor(nowMs / slotMs);
    if (!block || block.slot[r] !== slot) return null;
    // Made when the slot before this one had ended.
    const forecast = block.forecast[r * ahead + ((slot + ahead - 1) % ahead)] as number;
    const isBetter = (block.error[r] as number) < (block.guessError[r] as number);
    const isTrusted = (block.judged[r] as number) >= trustedAfter && isBetter;
    return forecast === unknown || !isTrusted ? null : forecast / perCpu;
  }
}

/** The slot has ended with this mean: the forecast for it is judged, the season learns, the next forecast is made. */
function close(block: Block, r: number, mean: number): void {
  const slot = block.slot[r] as number;
  const ring = r * ahead + (slot % ahead);
  const day = r * slotsADay;
  const [forecast, earlier] = [block.forecast[ring] as number, block.earlier[ring] as number];
  if (forecast !== unknown) {
    const judge = (errors: Float32Array, guess: number): void => {
      const before = errors[r] as number;
      errors[r] = before + ofThisError * (Math.abs(guess / perCpu - mean) - before);
    };
    judge(block.error, forecast);
    judge(block.guessError, earlier);
    block.judged[r] = Math.min(255, (block.judged[r] as number) + 1);
  }
  const now = block.usual[day + (slot % slotsADay)] as number;
  const then = block.usual[day + ((slot + ahead) % slotsADay)] as number;
  const isKnown = now !== unknown && then !== unknown;
  block.forecast[ring] = isKnown ? told(mean + (then - now) / perCpu) : unknown;
  block.earlier[ring] = told(mean);
  const usual = now === unknown ? mean : now / perCpu + ofToday * (mean - now / perCpu);
  block.usual[day + (slot % slotsADay)] = told(usual);
}
