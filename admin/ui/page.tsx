// What a page is made of: its heading, and cards. Sets the document's title, so that tabs and screen readers know
// where they are.
import { Title } from '@mantine/core';
import { Link, type LinkProps } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { boot } from '../boot.ts';
import { Icon } from './icon.tsx';
import css from './page.module.css';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${boot.brand.name}`;
  }, [title]);
}

type PageProps = {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  back?: { to: LinkProps['to']; label: string };
  isNarrow?: boolean;
  children: ReactNode;
};

export function Page({ title, lead, actions, back, isNarrow, children }: PageProps) {
  useTitle(title);
  return (
    <div className={isNarrow ? `${css.page} ${css.narrow}` : css.page}>
      {back && (
        <Link to={back.to} className={css.back}>
          <Icon name="back" size={14} />
          {back.label}
        </Link>
      )}
      <header className={css.head}>
        <div className={css.words}>
          <Title order={1}>{title}</Title>
          {lead && <p className={css.lead}>{lead}</p>}
        </div>
        {actions && <div className={css.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

type CardProps = {
  title?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  foot?: ReactNode;
  /** Rows go to the card's edges. */
  isFlush?: boolean;
  isDanger?: boolean;
  children?: ReactNode;
};

export function Card({ title, lead, actions, foot, isFlush, isDanger, children }: CardProps) {
  const kind = [css.card, isDanger ? css.danger : '', title ? '' : css.bare].join(' ');
  return (
    <section className={kind} aria-label={title}>
      {title && (
        <div className={css.cardHead}>
          <div>
            <Title order={2}>{title}</Title>
            {lead && <p>{lead}</p>}
          </div>
          {actions}
        </div>
      )}
      {children !== undefined && <div className={isFlush ? css.flush : css.cardBody}>{children}</div>}
      {foot && <div className={css.cardFoot}>{foot}</div>}
    </section>
  );
}
