// How the console looks and speaks to this person, on all their machines; the keyboard switch is this browser's.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Radio.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { Radio, Select, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../../frame/preferences.ts';
import { useShortcutSwitch } from '../../frame/shortcuts.ts';
import { languages } from '../../i18n.ts';
import { Card, useTitle } from '../../ui/page.tsx';
import css from './appearance.module.css';

export function Appearance() {
  const { t } = useTranslation();
  const { scheme, setScheme, language, setLanguage } = usePreferences();
  const shortcuts = useShortcutSwitch();
  useTitle(t('nav.appearance'));
  return (
    <>
      <Card title={t('appearance.scheme')} lead={t('appearance.schemeLead')}>
        <Radio.Group value={scheme} onChange={(next) => setScheme(next as typeof scheme)} aria-label={t('appearance.scheme')}>
          <div className={css.schemes}>
            {(['light', 'dark', 'auto'] as const).map((one) => (
              <label key={one} className={css.scheme} htmlFor={`scheme-${one}`}>
                <span className={css.picture} data-scheme={one} aria-hidden="true">
                  <i />
                  <i />
                </span>
                <Radio id={`scheme-${one}`} value={one} label={t(`appearance.${one}`)} />
              </label>
            ))}
          </div>
        </Radio.Group>
      </Card>
      <Card title={t('appearance.language')} lead={t('appearance.languageLead')}>
        <Select
          aria-label={t('appearance.language')}
          data={languages.map(({ code, name }) => ({ value: code, label: name }))}
          value={language}
          onChange={(code) => code && setLanguage(code)}
          allowDeselect={false}
          maw="18rem"
        />
      </Card>
      <Card title={t('appearance.keyboard')} lead={t('appearance.keyboardLead')}>
        <Switch
          label={t('shortcuts.single')}
          description={t('shortcuts.singleHint')}
          checked={shortcuts.isOn}
          onChange={(event) => shortcuts.set(event.currentTarget.checked)}
        />
      </Card>
    </>
  );
}
