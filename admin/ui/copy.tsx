// Things to copy: a small button, a field, a block of code.
import { ActionIcon, Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';
import css from './page.module.css';

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 1600 });
  const name = clipboard.copied ? t('copy.done') : (label ?? t('copy.do'));
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" className="above" aria-label={name} title={name} onClick={() => clipboard.copy(text)}>
      <Icon name={clipboard.copied ? 'check' : 'copy'} size={14} />
    </ActionIcon>
  );
}

export function CopyWideButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 1600 });
  return (
    <Button leftSection={<Icon name={clipboard.copied ? 'check' : 'copy'} />} onClick={() => clipboard.copy(text)}>
      <span aria-live="polite">{clipboard.copied ? t('copy.done') : label}</span>
    </Button>
  );
}

export function CodeBlock({ code }: { code: string }) {
  return (
    <div className={css.code}>
      <pre dir="ltr">{code}</pre>
      <div className={css.codeCopy}>
        <CopyButton text={code} />
      </div>
    </div>
  );
}
