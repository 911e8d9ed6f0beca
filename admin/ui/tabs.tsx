// The sections of one page, each with an address of its own: links that look like tabs.
import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import css from './tabs.module.css';

export function TabLinks({ label, tabs }: { label: string; tabs: readonly { to: LinkProps['to'] & string; label: string }[] }) {
  const { pathname } = useLocation();
  const list = useRef<HTMLUListElement>(null);
  // On a phone the current one may lie beyond the edge.
  useEffect(() => {
    if (pathname) list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  return (
    <nav aria-label={label} className={css.tabs}>
      <ul ref={list}>
        {tabs.map((tab) => (
          <li key={tab.to}>
            <Link to={tab.to} className={css.tab} activeOptions={{ exact: true, includeSearch: false }}>
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
