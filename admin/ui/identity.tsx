// Who or what something is, at a glance: picture or initials, name, and a line below.
import { Avatar } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './identity.module.css';

const hues = [12, 42, 88, 150, 188, 222, 262, 322] as const;

function hueOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return hues[sum % hues.length] ?? 222;
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s@._-]+/u).filter((word) => word !== '');
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return `${first}${last}`.toLocaleUpperCase();
}

type FaceProps = { name: string; image?: string | null; size?: number; isSquare?: boolean };

/** Decoration beside a name that is written out, so it is not read out. */
export function Face({ name, image, size = 28, isSquare }: FaceProps) {
  return (
    <Avatar
      src={image ?? null}
      size={size}
      radius={isSquare ? Math.max(4, size / 4.5) : size}
      className={css.face}
      style={{ '--hue': hueOf(name) }}
      alt=""
      imageProps={{ alt: '' }}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </Avatar>
  );
}

type IdentityProps = { name: ReactNode; below?: ReactNode; face: ReactNode };

export function Identity({ name, below, face }: IdentityProps) {
  return (
    <div className={css.identity}>
      {face}
      <div className={css.words}>
        <div className={css.name}>{name}</div>
        {below && <div className={css.below}>{below}</div>}
      </div>
    </div>
  );
}
