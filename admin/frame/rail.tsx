// The way around: the brand and the sections. Beside the page where there is room, in a drawer where there is not.
import { Link, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { boot } from '../boot.ts';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import { destinations } from './destinations.ts';
import css from './frame.module.css';

type RailLinksProps = { onGo?: () => void; onShortcuts: () => void };

export function RailLinks({ onGo, onShortcuts }: RailLinksProps) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <>
      <nav aria-label={t('nav.label')}>
        <ul className={css.links}>
          {destinations.map((one) => {
            if (!('isInRail' in one)) return null;
            const isCurrent = 'under' in one ? pathname.startsWith(one.under) : pathname === one.to;
            return (
              <li key={one.to}>
                <Link
                  to={one.to}
                  className={css.link}
                  activeOptions={{ exact: true }}
                  data-current={isCurrent || undefined}
                  aria-current={isCurrent ? 'page' : undefined}
                  onClick={() => onGo?.()}
                >
                  <Icon name={one.icon} size={17} />
                  {t(one.label)}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
      <ul className={`${css.links} ${css.railFoot}`}>
        {boot.brand.support_url && (
          <li>
            <a className={css.link} href={boot.brand.support_url} target="_blank" rel="noreferrer">
              <Icon name="info" size={17} />
              {t('nav.help')}
            </a>
          </li>
        )}
        <li>
          <button type="button" className={css.link} onClick={onShortcuts}>
            <Icon name="keyboard" size={17} />
            {t('nav.shortcuts')}
          </button>
        </li>
      </ul>
    </>
  );
}

export function Rail({ onShortcuts }: { onShortcuts: () => void }) {
  return (
    <aside className={css.rail}>
      <Link to="/app" className={css.brand}>
        <Mark />
      </Link>
      <RailLinks onShortcuts={onShortcuts} />
    </aside>
  );
}
