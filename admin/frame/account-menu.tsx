// Who is signed in, and what is theirs: settings, looks, the way out.
import '../theme/overlays.ts';
import { Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { languages } from '../i18n.ts';
import { useMe } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import css from './account-menu.module.css';
import { usePreferences } from './preferences.ts';
import { signOut } from './sign-out.ts';

export function AccountMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const { scheme, setScheme, language, setLanguage } = usePreferences();
  return (
    <Menu width={248} position="bottom-end">
      <Menu.Target>
        <button type="button" className={css.button}>
          <span className="unseen">{t('account.menu')}</span>
          <Face name={me.name} image={me.image} size={28} />
          <span className={`${css.name} ellipsis`}>{me.name}</span>
          <Icon name="down" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={css.who}>
          <strong>{me.name}</strong>
          <span>{me.email}</span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/app/you" leftSection={<Icon name="user" />}>
          {t('account.settings')}
        </Menu.Item>
        <Menu.Item component={Link} to="/app/you/keys" leftSection={<Icon name="key" />}>
          {t('nav.keys')}
        </Menu.Item>
        <Menu.Sub>
          <Menu.Sub.Target>
            <Menu.Sub.Item leftSection={<Icon name={scheme === 'dark' ? 'moon' : 'sun'} />}>{t('appearance.scheme')}</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown>
            <Menu.RadioGroup value={scheme} onChange={(next) => setScheme(next as typeof scheme)}>
              {(['light', 'dark', 'auto'] as const).map((one) => (
                <Menu.RadioItem key={one} value={one}>
                  {t(`appearance.${one}`)}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Sub.Dropdown>
        </Menu.Sub>
        <Menu.Sub>
          <Menu.Sub.Target>
            <Menu.Sub.Item leftSection={<Icon name="globe" />}>{t('appearance.language')}</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown>
            <Menu.RadioGroup value={language} onChange={setLanguage}>
              {languages.map(({ code, name }) => (
                <Menu.RadioItem key={code} value={code} lang={code}>
                  {name}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Sub.Dropdown>
        </Menu.Sub>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="leave" />} onClick={signOut}>
          {t('account.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
