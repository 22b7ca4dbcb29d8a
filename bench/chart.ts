/** What a benchmark measured as one picture: a panel for each figure, and a bar for each that was measured. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface Panel {
  title: string;
  /** Bars that differ by orders of magnitude are only seen beside each other on such a scale. */
  scale: 'linear' | 'log';
  bars: readonly { name: string; value: number }[];
}

const width = 560;
type PanelSpec = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** An SVG document. */
export async function drawChart(title: string, panels: readonly Panel[]): Promise<string> {
  const spec: TopLevelSpec = {
    title: { text: title, anchor: 'start', fontSize: 16 },
    background: 'white',
    padding: 16,
    spacing: 24,
    vconcat: panels.map(panelSpec),
    config: { font: 'sans-serif', view: { stroke: null }, axis: { grid: true, domain: false, ticks: false } },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function panelSpec({ title, scale, bars }: Panel): PanelSpec {
  const shown = bars.map(({ name, value }) => ({ name, value, text: digits.format(value) }));
  // A logarithm has no zero to begin at.
  const least = scale === 'log' ? 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ value }) => value))) - 0.3) : 0;
  const x = { field: 'value', type: 'quantitative', title: null, scale: { type: scale, domainMin: least } } as const;
  const y = { field: 'name', type: 'nominal', sort: null, title: null } as const;
  return {
    title: { text: title, anchor: 'start', fontSize: 12, fontWeight: 'normal' },
    width,
    data: { values: shown },
    encoding: { y },
    layer: [
      { mark: { type: 'bar', color: '#2f6f9f' }, encoding: { x, x2: { datum: least } } },
      { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { x, text: { field: 'text' } } },
    ],
  };
}

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
