/** Colours of one scheme: of policies, in the order they are given out, and of all that stands around them. */
export type Scheme = {
  readonly hues: readonly string[];
  readonly paper: string;
  readonly panel: string;
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly link: string;
};

/**
 * Hues stand apart for every kind of colour vision (distance in OKLab at least 0.1 under Machado's simulations) and
 * from the paper (contrast at least 3); text does by at least 4.5.
 */
export const lightScheme: Scheme = {
  hues: ['#2a66b8', '#c23b06', '#00a087', '#b872f0', '#5e2600', '#1b0f78'],
  paper: '#ffffff',
  panel: '#f4f5f7',
  ink: '#16191d',
  faint: '#59626e',
  line: '#d4d9df',
  link: '#1d5bb0',
};

export const darkScheme: Scheme = {
  hues: ['#6f9dff', '#ff8a80', '#258a3e', '#b05cc0', '#ffd84a', '#aee9ff'],
  paper: '#15181d',
  panel: '#1e232a',
  ink: '#e9ecf0',
  faint: '#a3acb8',
  line: '#3a424d',
  link: '#8ab8ff',
};

/** Lines that share a hue differ by their dashes. */
const dashes = [null, '7 3', '2 3', '9 3 2 3', '4 2'] as const;

const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;

export type LineStyle = {
  readonly hue: number;
  readonly dashes: string | null;
  readonly symbol: (typeof symbols)[number];
};

/** How the n-th policy is drawn: a hue and a symbol for each, then the same again with other dashes. */
export function lineStyle(place: number): LineStyle {
  const hues = lightScheme.hues.length;
  return {
    hue: place % hues,
    dashes: dashes[Math.floor(place / hues) % dashes.length] ?? null,
    symbol: symbols[place % symbols.length] ?? 'circle',
  };
}
