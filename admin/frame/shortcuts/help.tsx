// All shortcuts at a glance, and the switch for those of a single key.
import '../../theme/overlays.ts';
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { Switch } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { inboxKeys } from '../../inbox/key-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Keys } from '../../ui/keys.tsx';
import { destinations } from '../destinations.ts';
import { useMayGo, useShortcutSwitch } from '../shortcuts.ts';
import css from './help.module.css';

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const mayGo = useMayGo();
  const { pathname } = useLocation();
  const { isOn, set } = useShortcutSwitch();
  const places = destinations.flatMap((one) => ('hotkey' in one && mayGo(one) ? [{ label: t(one.label), keys: ['G', one.hotkey.toUpperCase()] }] : []));
  const general = [
    { label: t('shortcuts.palette'), keys: ['mod', 'K'] },
    { label: t('shortcuts.find'), keys: ['/'] },
    { label: t('shortcuts.help'), keys: ['?'] },
  ];
  return (
    <Dialog opened onClose={onClose} title={t('shortcuts.title')} size="lg">
      <div className={css.columns}>
        <div>
          <Shortcuts title={t('shortcuts.general')} rows={general} />
          {pathname === '/app/inbox' && <Shortcuts title={t('nav.inbox')} rows={inboxKeys.map(({ keys, label }) => ({ keys, label: t(label) }))} />}
        </div>
        <Shortcuts title={t('shortcuts.go')} rows={places} />
      </div>
      <Switch
        label={t('shortcuts.single')}
        description={t('shortcuts.singleHint')}
        checked={isOn}
        onChange={(event) => set(event.currentTarget.checked)}
        mt="lg"
      />
    </Dialog>
  );
}

function Shortcuts({ title, rows }: { title: string; rows: { label: string; keys: readonly string[] }[] }) {
  return (
    <section>
      <h3 className={css.title}>{title}</h3>
      <dl className={css.list}>
        {rows.map(({ label, keys }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <Keys keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
