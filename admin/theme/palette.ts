// From one colour, everything a theme needs of it, in OKLCH: fills that carry readable text, text that reads on our
// surfaces, tints for backgrounds. Any colour may come in; what goes out keeps WCAG AA (palette.test.ts).

/** The surfaces text stands on; styles.css paints them. */
export const surfaces = {
  light: { panel: '#ffffff', canvas: '#f6f7f9' },
  dark: { panel: '#131519', canvas: '#0b0c0f' },
} as const;

export type Tones = {
  /** Buttons, switches: the colour itself where it can be. */
  fill: string;
  fillHover: string;
  onFill: string;
  /** Links, icons, badges: readable on every surface and on the tint. */
  text: string;
  tint: string;
  tintHover: string;
};

export type Palette = { shades: [string, string, string, string, string, string, string, string, string, string]; light: Tones; dark: Tones };

type Lch = { l: number; c: number; h: number };
type Rgb = [number, number, number];

const readable = 4.6;
const lightnesses = [0.975, 0.945, 0.89, 0.82, 0.74, 0.66, 0.58, 0.5, 0.42, 0.34] as const;

export function makePalette(color: string): Palette {
  const base = toLch(color);
  const at = (l: number, share = 1): string => toHex({ ...base, l, c: base.c * share });
  const [a, b, c, d, e, f, g, h, i, j] = lightnesses;
  return {
    shades: [at(a, 0.15), at(b, 0.3), at(c, 0.5), at(d, 0.75), at(e, 0.9), at(f), at(g), at(h), at(i), at(j)],
    light: tones(base, 'light', at(0.955, 0.2), at(0.925, 0.3)),
    dark: tones(base, 'dark', at(0.27, 0.35), at(0.32, 0.4)),
  };
}

function tones(base: Lch, scheme: 'light' | 'dark', tint: string, tintHover: string): Tones {
  const { panel, canvas } = surfaces[scheme];
  const away = scheme === 'light' ? -0.01 : 0.01;
  const fill = walk(base, away, (hex) => contrast(hex, panel) >= (scheme === 'dark' ? 2.4 : 1.25));
  const onFill = contrast('#ffffff', fill) >= 4.5 ? '#ffffff' : '#000000';
  const lch = toLch(fill);
  return {
    fill,
    fillHover: toHex({ ...lch, l: lch.l + (onFill === '#ffffff' ? -0.045 : 0.045) }),
    onFill,
    text: walk(base, away, (hex) => [panel, canvas, tint, tintHover].every((surface) => contrast(hex, surface) >= readable)),
    tint,
    tintHover,
  };
}

/** The first colour on the way from `base` to white or black that is good enough. */
function walk(base: Lch, step: number, isGood: (hex: string) => boolean): string {
  for (let l = base.l; l >= 0 && l <= 1; l += step) {
    const hex = toHex({ ...base, l });
    if (isGood(hex)) return hex;
  }
  return step < 0 ? '#000000' : '#ffffff';
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = toLinear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function toLinear(hex: string): Rgb {
  const part = (from: number): number => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function toLch(hex: string): Lch {
  const [r, g, b] = toLinear(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const x = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const y = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return { l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, c: Math.hypot(x, y), h: Math.atan2(y, x) };
}

/** The nearest displayable colour: lightness and hue stay, chroma gives way. */
function toHex(lch: Lch): string {
  let c = lch.c;
  let rgb = toRgb({ ...lch, c });
  while (c > 0.001 && rgb.some((part) => part < -0.0005 || part > 1.0005)) {
    c *= 0.96;
    rgb = toRgb({ ...lch, c });
  }
  return `#${rgb.map((part) => toByte(part).toString(16).padStart(2, '0')).join('')}`;
}

function toByte(linear: number): number {
  const value = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}

function toRgb({ l, c, h }: Lch): Rgb {
  const x = c * Math.cos(h);
  const y = c * Math.sin(h);
  const a = (l + 0.3963377774 * x + 0.2158037573 * y) ** 3;
  const b = (l - 0.1055613458 * x - 0.0638541728 * y) ** 3;
  const d = (l - 0.0894841775 * x - 1.291485548 * y) ** 3;
  return [
    4.0767416621 * a - 3.3077115913 * b + 0.2309699292 * d,
    -1.2684380046 * a + 2.6097574011 * b - 0.3413193965 * d,
    -0.0041960863 * a - 0.7034186147 * b + 1.707614701 * d,
  ];
}
