// Which workspace, which bot: always in sight, because everything on the page is theirs.
import '../theme/overlays.ts';
import { Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { usePlace, useSwitch } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import css from './frame.module.css';

export function Switchers({ onNew }: { onNew: () => void }) {
  return (
    <>
      <WorkspaceSwitcher onNew={onNew} />
      <span className={css.slash} aria-hidden="true">
        /
      </span>
      <BotSwitcher />
    </>
  );
}

/** So many can be looked through; more are searched. */
const searchAbove = 7;

function WorkspaceSwitcher({ onNew }: { onNew: () => void }) {
  const { t } = useTranslation();
  const { me, workspace } = usePlace();
  const go = useSwitch();
  return (
    <Menu width={260} position="bottom-start">
      <Menu.Target>
        <button type="button" className={css.switch}>
          <span className="unseen">{t('switch.workspace')}</span>
          <Face name={workspace.name} image={workspace.image} size={22} isSquare />
          <span className="ellipsis">{workspace.name}</span>
          <Icon name="updown" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {me.workspaces.length > searchAbove && <Menu.Search placeholder={t('switch.find')} aria-label={t('switch.find')} />}
        <Menu.Label>{t('switch.workspaces')}</Menu.Label>
        <Menu.RadioGroup value={String(workspace.id)} onChange={(id) => go(Number(id))}>
          {me.workspaces.map((one) => (
            <Menu.RadioItem key={one.id} value={String(one.id)} closeMenuOnClick>
              {one.name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="plus" />} onClick={onNew}>
          {t('switch.newWorkspace')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function BotSwitcher() {
  const { t } = useTranslation();
  const { workspace, bot, may } = usePlace();
  const go = useSwitch();
  const navigate = useNavigate();
  return (
    <Menu width={260} position="bottom-start">
      <Menu.Target>
        <button type="button" className={css.switch}>
          <span className="unseen">{t('switch.bot')}</span>
          <Icon name="bot" size={17} />
          <span className="ellipsis">{bot?.name ?? t('switch.noBot')}</span>
          <Icon name="updown" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {workspace.bots.length > searchAbove && <Menu.Search placeholder={t('switch.find')} aria-label={t('switch.find')} />}
        <Menu.Label>{t('switch.bots', { name: workspace.name })}</Menu.Label>
        <Menu.RadioGroup value={bot?.flow_ns ?? ''} onChange={(ns) => go(workspace.id, ns)}>
          {workspace.bots.map((one) => (
            <Menu.RadioItem key={one.id} value={one.flow_ns} closeMenuOnClick>
              {one.name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        {may('bots.create') && (
          <Menu.Item leftSection={<Icon name="plus" />} onClick={() => void navigate({ to: '/app/settings/bots', search: { new: '1' } })}>
            {t('switch.newBot')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="sliders" />} onClick={() => void navigate({ to: '/app/settings/bots' })}>
          {t('switch.allBots')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
