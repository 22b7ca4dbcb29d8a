/** Suspicion: what do the other paths say? Only then is a host judged, held, or left alone. */
import type { IncidentLedger, Reply } from '@holdfast/contracts';
import {
  heardSince,
  mayBeSilentMs,
  peerKey,
  powerViewKey,
  probeKey,
  silentForMs,
  storageViewKey,
  type HostEffect,
  type HostStep,
  type HostView,
  type ProbeKind,
  type StorageView,
} from './host-view.js';
import { conditionOfVerdict, heardCondition, withAlert, withCondition } from './condition.js';
import { returnOf, withReturn } from './flapping.js';
import { rebooted } from './fence.js';
import { ledgerOf, move, withDecision, withView } from './ledger.js';
import { reachedBy, type PeerView } from './peers.js';
import { powerReading, type PowerReading } from './power-word.js';
import { wouldFence } from './shadow.js';
import { brakeText, isBraked, type Silence } from './silence.js';

/** `spare`: it lives, leave it. `hold`: too much is silent at once. `fence`: judged dead or cut off. */
export type Verdict =
  | { kind: 'unknown' }
  | { kind: 'spare' | 'hold' | 'fence'; verdict: string; text: string };

interface Views {
  probe: ProbeKind | null;
  /** With the time at which it says to have heard the host, by our own clock. */
  storage: Map<string, (StorageView & { heardAtMs: number }) | null>;
  /** By peer: null while it has not said. */
  peers: Map<string, PeerView | null>;
  /** Never a reason to spare, nor to wait. */
  power: PowerReading | null;
}

export function confirming(
  view: HostView,
  fence: (view: HostView, ledger: IncidentLedger, verdict: string, text: string) => HostStep,
): HostStep {
  const { host, env, timing } = view;
  const ledger = ledgerOf(view);
  const heartbeat = heardSince(view, ledger.openedAtMs);
  if (heartbeat && heartbeat.bootId !== host.bootId) return rebooted(view, heartbeat.bootId);
  if (heartbeat) return heardAgain(view, ledger);
  const views = viewsOf(view, ledger);
  const verdict = allowed(view, judge(view, ledger, views), views);
  const noted = note(ledger, views, env.nowMs);
  if (verdict.kind === 'fence') return fence(view, noted, verdict.verdict, verdict.text);
  const health = verdict.kind === 'hold' ? 'held' : 'suspect';
  const isNews = verdict.kind !== 'unknown' && (host.health !== health || host.reason !== verdict.text);
  // Replicas may see it differently: each word stands for a while, or they would overwrite each other all the time.
  const seenAgoMs = env.nowMs - view.seenAtMs;
  const stands = ledger.decisions.length > 0 && seenAgoMs >= 0 && seenAgoMs < 4 * timing.askAgainMs;
  if (isNews && !stands) {
    const state = verdict.kind === 'hold' ? ('held' as const) : ('suspected' as const);
    const incident = { ...withDecision(noted, verdict.text, env.nowMs), state, verdict: verdict.verdict };
    const moved = move(view, { health, incident }, { event: `host.${health}`, text: verdict.text });
    const found = conditionOfVerdict(verdict);
    return found ? { ...moved, state: withCondition(moved.state, found, env.nowMs) } : moved;
  }
  const alerted = withAlert(view);
  if (alerted !== host) return { state: alerted, effects: [], wakeAtMs: null };
  return { state: host, effects: asks(view, ledger), wakeAtMs: env.nowMs + timing.askAgainMs / 2 };
}

function heardAgain(view: HostView, ledger: IncidentLedger): HostStep {
  const { env } = view;
  const text = 'heard again; nothing was done to it';
  const incident = {
    ...withDecision(ledger, text, env.nowMs),
    state: 'closed' as const,
    closedAtMs: env.nowMs,
  };
  const transition = { event: 'host.online', text, incident: ledger.id };
  const moved = move(view, { health: 'online', incident, condition: heardCondition(view.host) }, transition);
  return { ...moved, state: withReturn(moved.state, returnOf(view.host), env.nowMs, view.timing) };
}

function asks(view: HostView, ledger: IncidentLedger): HostEffect[] {
  const resendMs = view.timing.askAgainMs;
  // Each reading is a session of its own with a slow little computer.
  const powerView: HostEffect = { key: powerViewKey(ledger.id), kind: 'power-view', resendMs: 3 * resendMs };
  return [
    { key: probeKey(ledger.id), kind: 'probe', resendMs },
    ...view.storageNodes.map(
      (node): HostEffect => ({
        key: storageViewKey(ledger.id, node),
        kind: 'storage-view',
        node,
        resendMs,
      }),
    ),
    ...view.peers.map(
      (peer): HostEffect => ({ key: peerKey(ledger.id, peer), kind: 'peer-probe', peer, resendMs: 2 * resendMs }),
    ),
    ...(view.host.power.state === 'verified' ? [powerView] : []),
  ];
}

/** Answers older than a few rounds of asking no longer count. */
function viewsOf(view: HostView, ledger: IncidentLedger): Views {
  const freshSinceMs = view.env.nowMs - 4 * view.timing.askAgainMs;
  const answered = <T>(key: string): { atMs: number; reply: Reply<T> } | null => {
    const answer = view.answer(key) as { atMs: number; reply: Reply<T> } | null;
    return answer && answer.atMs >= freshSinceMs ? answer : null;
  };
  const fresh = <T>(key: string): { atMs: number; value: T } | null => {
    const answer = answered<T>(key);
    return answer?.reply.ok ? { atMs: answer.atMs, value: answer.reply.value } : null;
  };
  const wordOf = (node: string): (StorageView & { heardAtMs: number }) | null => {
    const answer = fresh<StorageView>(storageViewKey(ledger.id, node));
    return answer && { ...answer.value, heardAtMs: answer.atMs - (answer.value.heardAgoMs ?? Infinity) };
  };
  return {
    probe: fresh<{ kind: ProbeKind }>(probeKey(ledger.id))?.value.kind ?? null,
    storage: new Map(view.storageNodes.map((node) => [node, wordOf(node)])),
    peers: new Map(view.peers.map((peer) => [peer, fresh<PeerView>(peerKey(ledger.id, peer))?.value ?? null])),
    power: powerReading(answered(powerViewKey(ledger.id))?.reply ?? null),
  };
}

/** Disarmed, nobody is fenced: the other paths are asked on, so that the word to arm finds fresh answers. */
function allowed(view: HostView, verdict: Verdict, { storage }: Views): Verdict {
  const { arming } = view;
  if (arming.armed || verdict.kind !== 'fence') return verdict;
  if (arming.shadow) {
    const answering = [...storage].filter(([, word]) => word !== null).map(([node]) => node);
    return { ...verdict, kind: 'hold', text: wouldFence(view, answering, verdict.text) };
  }
  return { ...verdict, kind: 'hold', text: `${arming.text} (${verdict.text})` };
}

export function judge(view: HostView, ledger: IncidentLedger, views: Views): Verdict {
  const { env, timing } = view;
  if (!view.busAnswers) {
    return { kind: 'hold', verdict: 'bus', text: 'the bus does not answer us either; nobody is judged' };
  }
  // Another suspects it; we have not missed it for long enough ourselves, nor the others that may be missing with it.
  if (silentForMs(view) < mayBeSilentMs(view)) return { kind: 'unknown' };
  const waitedMs = env.nowMs - ledger.openedAtMs;
  if (views.probe === null) return { kind: 'unknown' };
  if (views.probe === 'answers') {
    const text = 'its agent answers directly: its way to the bus is broken, its VMs run on';
    return { kind: 'spare', verdict: 'bus-path', text };
  }
  if (views.probe === 'refused') {
    const text = 'the host answers but its agent does not run: its VMs run on';
    return { kind: 'spare', verdict: 'agent-down', text };
  }
  const helper = views.probe === 'silent' ? reachedBy(view.host, views.peers) : null;
  if (helper !== null) {
    const text = `silent to us, but ${helper} reaches it: our own way to it is broken, its VMs run on`;
    return { kind: 'spare', verdict: 'network-ours', text };
  }
  const said = [...views.storage.values()];
  const isReadOff = views.probe === 'silent' && views.power?.says === 'reads off';
  const maySayMore = said.includes(null) && waitedMs < timing.confirmWithinMs;
  if (maySayMore && (!isReadOff || brake(view, ledger))) return { kind: 'unknown' };
  if (views.probe === 'hung') {
    // A connection without an answer may be mere slowness: it must outlast the silent case, counted from its beginning.
    const sinceMs = hungSinceMs(ledger);
    if (sinceMs === null) {
      const text = 'its agent has answered, and now only connects: it is asked again';
      return { kind: 'spare', verdict: 'agent-hung', text };
    }
    if (env.nowMs - sinceMs < 2 * timing.confirmWithinMs) return { kind: 'unknown' };
  }
  // Heard there as long ago as on the bus, it may be silent on both since.
  const laterMs = (view.heard?.atMs ?? 0) + timing.storageHeardLaterMs;
  const isHeardByStorage = said.some(
    (word) =>
      word?.heardAgoMs != null && word.heardAgoMs <= timing.storageHeardWithinMs && word.heardAtMs > laterMs,
  );
  // One that hears nobody, or has only begun to, may have had its own link cut: its word says nothing about this host.
  const isWitness = (word: StorageView | null): boolean =>
    word !== null && word.hearsForMs >= timing.storageHeardWithinMs;
  const isWitnessed = said.length > 0 && said.every(isWitness);
  if (isHeardByStorage && views.probe === 'hung') {
    // Who connects on management is not isolated.
    const text = 'its host connects and its agent is heard by storage, but does not answer: its VMs run on';
    return { kind: 'spare', verdict: 'agent-hung', text };
  }
  const braked = brake(view, ledger);
  if (braked && (!isWitnessed || isHeardByStorage)) return { kind: 'hold', ...brakeText(braked) };
  if (isHeardByStorage && view.isLeftIsolated) {
    const text = 'silent on management, but heard over the storage network: isolated, and its VMs are to be left there';
    return { kind: 'spare', verdict: 'isolated', text };
  }
  if (isHeardByStorage) {
    const text = 'silent on management, but heard over the storage network: isolated while its VMs write';
    return { kind: 'fence', verdict: 'isolated', text };
  }
  if (views.probe === 'hung') {
    return { kind: 'fence', verdict: 'frozen', text: 'connects but does not answer on any path' };
  }
  if (isReadOff) return { kind: 'fence', verdict: 'power-lost', text: 'silent on every path, and its power reads off' };
  return { kind: 'fence', verdict: 'dead', text: 'silent on every path' };
}

/** Who is silent at once, if that holds this host back. */
function brake(view: HostView, ledger: IncidentLedger): Silence | null {
  const silence = view.silence();
  return ledger.resumed === null && isBraked(silence, view.env.nowMs, view.timing) ? silence : null;
}

/** Null: it answered, or was silent, when it was last noted. */
function hungSinceMs({ views, openedAtMs }: IncidentLedger): number | null {
  const noted = views.findLast(({ view }) => view === 'probe');
  if (!noted) return openedAtMs;
  return noted.says === 'hung' ? noted.atMs : null;
}

function note(ledger: IncidentLedger, views: Views, atMs: number): IncidentLedger {
  let noted = views.probe === null ? ledger : withView(ledger, 'probe', views.probe, atMs);
  for (const [node, word] of views.storage) {
    const heard =
      word === null
        ? 'no answer'
        : word.heardAgoMs === null
          ? 'never heard it'
          : `heard it ${Math.round(word.heardAgoMs)} ms ago`;
    const others = word ? `, ${hears(word)}, ${word.sessions} sessions` : '';
    noted = withView(noted, `storage:${node}`, `${heard}${others}`, atMs);
  }
  for (const [peer, found] of views.peers) {
    if (found) noted = withView(noted, `peer:${peer}`, found.kind, atMs);
  }
  if (views.power) noted = withView(noted, views.power.from, views.power.says, atMs);
  return noted;
}

function hears({ hearsForMs }: StorageView): string {
  return hearsForMs === 0 ? 'hears nobody' : `has heard hosts for ${(hearsForMs / 1000).toFixed(1)} s`;
}
