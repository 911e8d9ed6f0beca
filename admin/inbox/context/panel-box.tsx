// A part of what stands beside the thread, under its heading.
import type { ReactNode } from 'react';
import css from './context.module.css';

export function PanelBox({ title, children, actions }: { title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <section className={css.panelBox} aria-label={title}>
      <div className={css.panelHead}>
        <h3>{title}</h3>
        {actions}
      </div>
      {children}
    </section>
  );
}
