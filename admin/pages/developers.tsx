// For who writes code: keys, the interactive reference, the documents, and a first call to copy.
import '@mantine/core/styles/Anchor.layer.css';
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import { Anchor, Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePlace } from '../place.ts';
import { CodeBlock } from '../ui/copy.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { Card, Page } from '../ui/page.tsx';
import css from './developers.module.css';

const documents = [
  { path: '/openapi.json', label: 'developers.native' },
  { path: '/api/openapi.json', label: 'developers.platform' },
] as const;

const calls = {
  me: () => `curl ${location.origin}/v1/me \\\n  -H "X-API-KEY: pk_live_…"`,
  tags: () => `curl ${location.origin}/api/flow/tags \\\n  -H "Authorization: Bearer pk_live_…"`,
  sites: (bot: string) => `curl ${location.origin}/v1/sites \\\n  -H "X-API-KEY: pk_live_…" \\\n  -H "X-Bot: ${bot}"`,
} as const;

export function Developers() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.developers')} lead={t('developers.lead')}>
      <div className={css.cards}>
        <WayIn icon="key" title={t('nav.keys')} text={t('developers.keysText')}>
          <LinkButton to="/app/you/keys" variant="default" size="compact-md">
            {t('developers.keysDo')}
          </LinkButton>
        </WayIn>
        <WayIn icon="book" title={t('developers.docs')} text={t('developers.docsText')}>
          <Button
            component="a"
            href="/api"
            target="_blank"
            rel="noreferrer"
            variant="default"
            size="compact-md"
            rightSection={<Icon name="external" size={14} />}
          >
            {t('developers.docsDo')}
          </Button>
        </WayIn>
      </div>
      <FirstCall />
      <Card title={t('developers.documents')} lead={t('developers.documentsText')}>
        <ul className={css.documents}>
          {documents.map(({ path, label }) => (
            <li key={path}>
              <Icon name="file" />
              <span>{t(label)}</span>
              <Anchor href={path} target="_blank" rel="noreferrer" className="mono">
                {path}
              </Anchor>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}

function WayIn({ icon, title, text, children }: { icon: IconName; title: string; text: string; children: React.ReactNode }) {
  return (
    <section className={css.card} aria-label={title}>
      <span className={css.icon}>
        <Icon name={icon} size={18} />
      </span>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </section>
  );
}

function FirstCall() {
  const { t } = useTranslation();
  const { bot } = usePlace();
  const [which, setWhich] = useState<keyof typeof calls>('me');
  return (
    <Card
      title={t('developers.call')}
      lead={t('developers.callText')}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t('developers.call')}
          value={which}
          onChange={setWhich}
          data={[
            { value: 'me', label: t('developers.callMe') },
            { value: 'tags', label: t('developers.callTags') },
            { value: 'sites', label: t('developers.callSites') },
          ]}
        />
      }
    >
      <CodeBlock code={calls[which](bot?.flow_ns ?? 'f1')} />
    </Card>
  );
}
