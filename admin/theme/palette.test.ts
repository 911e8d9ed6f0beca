import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrast, makePalette, surfaces } from './palette.ts';

const anyColor = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`);

test('any brand colour gives readable buttons, links and badges in both schemes', () => {
  fc.assert(
    fc.property(anyColor, (color) => {
      const palette = makePalette(color);
      for (const scheme of ['light', 'dark'] as const) {
        const { fill, fillHover, onFill, text, tint, tintHover } = palette[scheme];
        for (const background of [fill, fillHover]) expect(contrast(onFill, background)).toBeGreaterThanOrEqual(4.5);
        for (const background of [surfaces[scheme].panel, surfaces[scheme].canvas, tint, tintHover])
          expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5);
      }
    }),
    { numRuns: 300 },
  );
});

test('a brand colour that can carry white text is used as it is', () => {
  const { light, dark } = makePalette('#2f6fed');
  expect(light).toMatchObject({ fill: '#2f6fed', onFill: '#ffffff' });
  expect(dark).toMatchObject({ fill: '#2f6fed', onFill: '#ffffff' });
});

test('a bright brand colour carries black text rather than losing its hue', () => {
  expect(makePalette('#ffd400').light).toMatchObject({ fill: '#ffd400', onFill: '#000000' });
});

test('contrast is the one of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
