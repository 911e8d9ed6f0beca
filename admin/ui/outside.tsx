// The pages before the frame: sign-in, set-up, an invitation. One card, the brand above it, the language below.
import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { boot } from '../boot.ts';
import { languages, setLanguage } from '../i18n.ts';
import { Mark } from './mark.tsx';
import css from './outside.module.css';
import { useTitle } from './page.tsx';

type OutsideProps = { title: string; lead?: ReactNode; children: ReactNode };

export function Outside({ title, lead, children }: OutsideProps) {
  const { t, i18n } = useTranslation();
  useTitle(title);
  return (
    <div className={css.outside}>
      <header className={css.head}>
        <Mark />
      </header>
      <main className={css.main}>
        <div className={css.card}>
          <Title order={1}>{title}</Title>
          {lead && <p className={css.lead}>{lead}</p>}
          {children}
        </div>
      </main>
      <footer className={css.foot}>
        {languages.map(({ code, name }) => (
          <button key={code} type="button" lang={code} aria-pressed={i18n.language === code} onClick={() => void setLanguage(code)}>
            {name}
          </button>
        ))}
        {boot.brand.support_url && (
          <a href={boot.brand.support_url} target="_blank" rel="noreferrer">
            {t('nav.help')}
          </a>
        )}
      </footer>
    </div>
  );
}
