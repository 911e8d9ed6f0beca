// What is known, a line each: its name and its value.
import type { ReactNode } from 'react';
import { CopyButton } from '../../ui/copy.tsx';
import css from './context.module.css';

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={css.facts}>{children}</dl>;
}

type FactProps = { label: string; value: string | null | undefined; canCopy?: boolean; href?: string | undefined };

/** Nothing where nothing is known. */
export function Fact({ label, value, canCopy, href }: FactProps) {
  if (!value) return null;
  return (
    <div>
      <dt title={label}>{label}</dt>
      <dd>
        {href ? (
          <a className="ellipsis" href={href} title={value} target="_blank" rel="noreferrer noopener nofollow">
            {value}
          </a>
        ) : (
          <span className="ellipsis" title={value}>
            {value}
          </span>
        )}
        {canCopy && <CopyButton text={value} />}
      </dd>
    </div>
  );
}
