/** When an agent's report is worth storing: many agents that say the same again and again keep the bus busy. */
import { isNews, type Observed } from '@holdfast/contracts';

/** A report as it was stored, and since when the agent has said just that. */
export interface ToldReport {
  report: Observed;
  sinceMs: number;
}

/** What an older one has overwritten that came late, or somebody has removed, is put right by then at the latest. */
export const tellAgainMs = 20_000;
const tellAgainAtLeastMs = 4000;

/** What was told is told again, ever more rarely while nothing changes. Null: not known whether anything is stored. */
export function isReportDue(told: ToldReport | null, report: Observed): boolean {
  if (told === null || isNews(told.report, report)) return true;
  const agoMs = report.atMs - told.report.atMs;
  const sameForMs = told.report.atMs - told.sinceMs;
  return agoMs < 0 || agoMs >= Math.min(tellAgainMs, Math.max(tellAgainAtLeastMs, sameForMs));
}

/** After that report was stored. */
export function toldNow(told: ToldReport | null, report: Observed): ToldReport {
  const isSame = told !== null && !isNews(told.report, report);
  return { report, sinceMs: isSame ? told.sinceMs : report.atMs };
}
