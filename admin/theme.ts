// How the console looks: one neutral scale, one brand colour, three signal colours, small radii, quick transitions.
// Colours that carry or are text come from palette.ts, so that any brand stays readable.
import { type CSSVariablesResolver, createTheme, defaultVariantColorsResolver, type MantineThemeOverride } from '@mantine/core';
import { makePalette, type Palette, surfaces } from './theme/palette.ts';

// Named faces before generic ones: what `system-ui` means on Linux is anybody's guess.
const sans =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI Variable Text', 'Segoe UI', Inter, Roboto, 'Noto Sans', Cantarell, 'Liberation Sans', Arial, sans-serif";
const mono = "ui-monospace, 'SF Mono', SFMono-Regular, 'Cascadia Code', Menlo, Consolas, 'Liberation Mono', monospace";

const signals = { red: '#d92d20', green: '#067647', yellow: '#a16207' } as const;

export function makeTheme(brandColor: string): { theme: MantineThemeOverride; resolver: CSSVariablesResolver } {
  const palettes: Record<string, Palette> = { brand: makePalette(brandColor) };
  for (const [name, color] of Object.entries(signals)) palettes[name] = makePalette(color);
  const theme = createTheme({
    primaryColor: 'brand',
    black: '#16181d',
    colors: {
      ...Object.fromEntries(Object.entries(palettes).map(([name, { shades }]) => [name, shades])),
      gray: ['#fafbfc', '#f3f4f6', '#eceef1', '#e2e5ea', '#d3d7de', '#9aa1ad', '#5f6774', '#464c58', '#2c313a', '#16181d'],
      dark: ['#e7e9ed', '#c3c7cf', '#9aa0ab', '#7b818d', '#33373f', '#2a2d34', '#1c1f24', '#131519', '#0f1114', '#0b0c0f'],
    },
    fontFamily: sans,
    fontFamilyMonospace: mono,
    fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
    lineHeights: { xs: '1.4', sm: '1.5', md: '1.55', lg: '1.5', xl: '1.4' },
    headings: {
      fontFamily: sans,
      fontWeight: '600',
      textWrap: 'balance',
      sizes: {
        h1: { fontSize: '1.375rem', lineHeight: '1.3' },
        h2: { fontSize: '0.9375rem', lineHeight: '1.45' },
        h3: { fontSize: '0.875rem', lineHeight: '1.45' },
        h4: { fontSize: '0.8125rem', lineHeight: '1.45' },
        h5: { fontSize: '0.8125rem', lineHeight: '1.45' },
        h6: { fontSize: '0.75rem', lineHeight: '1.4' },
      },
    },
    radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
    defaultRadius: 'md',
    cursorType: 'pointer',
    respectReducedMotion: true,
    variantColorResolver: (input) => {
      const found = defaultVariantColorsResolver(input);
      return input.variant === 'filled' ? { ...found, color: `var(--on-${input.color ?? 'brand'}, var(--mantine-color-white))` } : found;
    },
    components,
  });
  return { theme, resolver: () => variables(palettes) };
}

const quick = { transitionProps: { duration: 120, transition: 'fade-down' } } as const;
const dialog = {
  centered: true,
  radius: 'lg',
  padding: 20,
  // Theirs is a <header>, which within a dialog would be a second banner of the page.
  attributes: { header: { role: 'presentation' } },
  overlayProps: { backgroundOpacity: 0.32, blur: 1 },
  transitionProps: { duration: 140, transition: 'pop' },
} as const;

const components: MantineThemeOverride['components'] = {
  Button: {
    defaultProps: { size: 'sm' },
    vars: (_theme: unknown, { size }: { size?: string }) => ({ root: size === 'compact-md' ? { '--button-fz': 'var(--mantine-font-size-sm)' } : {} }),
  },
  TextInput: { defaultProps: { size: 'sm' } },
  Menu: { defaultProps: { ...quick, shadow: 'lg', radius: 'md', offset: 6, loop: true } },
  Select: { defaultProps: { comboboxProps: { ...quick, shadow: 'lg', offset: 4 }, checkIconPosition: 'right' } },
  Modal: { defaultProps: dialog },
  Drawer: { defaultProps: { padding: 20, attributes: dialog.attributes, overlayProps: dialog.overlayProps, transitionProps: { duration: 180 } } },
  Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
  Checkbox: { defaultProps: { iconColor: 'var(--on-brand)' } },
  Switch: { defaultProps: { withThumbIndicator: false } },
  Radio: { defaultProps: { iconColor: 'var(--on-brand)' } },
};

function variables(palettes: Record<string, Palette>): ReturnType<CSSVariablesResolver> {
  return {
    variables: {
      '--mantine-shadow-sm': '0 1px 2px rgb(16 24 40 / 6%), 0 1px 3px rgb(16 24 40 / 8%)',
      '--mantine-shadow-lg': '0 0 0 1px rgb(16 24 40 / 4%), 0 4px 8px rgb(16 24 40 / 6%), 0 16px 32px rgb(16 24 40 / 12%)',
    },
    light: {
      ...toned(palettes, 'light'),
      '--mantine-color-body': surfaces.light.panel,
      '--mantine-color-text': '#16181d',
      '--mantine-color-dimmed': '#5f6774',
      '--mantine-color-placeholder': '#6f7683',
      '--mantine-color-default-border': '#dcdfe5',
      '--mantine-color-default-hover': '#f5f6f8',
      '--mantine-color-disabled-color': '#858c99',
      '--mantine-color-gray-light-color': '#5f6774',
      '--mantine-color-gray-light-hover': '#eff1f4',
    },
    dark: {
      ...toned(palettes, 'dark'),
      '--mantine-color-body': surfaces.dark.panel,
      '--mantine-color-text': '#e7e9ed',
      '--mantine-color-dimmed': '#9aa0ab',
      '--mantine-color-placeholder': '#868c97',
      '--mantine-color-default': '#1c1f24',
      '--mantine-color-default-hover': '#23262c',
      '--mantine-color-default-border': '#2f333a',
      '--mantine-color-disabled-color': '#6d7380',
      '--mantine-color-gray-light': '#23262c',
      '--mantine-color-gray-light-color': '#9aa0ab',
      '--mantine-color-gray-light-hover': '#23262c',
    },
  };
}

function toned(palettes: Record<string, Palette>, scheme: 'light' | 'dark'): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, palette] of Object.entries(palettes)) {
    const { fill, fillHover, onFill, text, tint, tintHover } = palette[scheme];
    set[`--on-${name}`] = onFill;
    set[`--mantine-color-${name}-text`] = text;
    set[`--mantine-color-${name}-filled`] = fill;
    set[`--mantine-color-${name}-filled-hover`] = fillHover;
    set[`--mantine-color-${name}-light`] = tint;
    set[`--mantine-color-${name}-light-hover`] = tintHover;
    set[`--mantine-color-${name}-light-color`] = text;
    set[`--mantine-color-${name}-outline`] = text;
    set[`--mantine-color-${name}-outline-hover`] = tint;
  }
  set['--mantine-primary-color-contrast'] = set['--on-brand'] ?? '';
  set['--mantine-color-anchor'] = set['--mantine-color-brand-text'] ?? '';
  set['--mantine-color-error'] = set['--mantine-color-red-text'] ?? '';
  set['--mantine-color-success'] = set['--mantine-color-green-text'] ?? '';
  return set;
}
