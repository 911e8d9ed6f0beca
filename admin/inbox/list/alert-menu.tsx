// How the inbox may call: each of it off until somebody asks for it.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { ActionIcon, Popover, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../ui/icon.tsx';
import { mayNotify, useAlertSettings } from '../alerts.ts';

export function AlertMenu() {
  const { t } = useTranslation();
  const { sound, setSound, notices, setNotices } = useAlertSettings();
  const [isRefused, setRefused] = useState(false);
  return (
    <Popover width={300} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('inbox.alerts.title')} title={t('inbox.alerts.title')}>
          <Icon name="bell" size={17} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('inbox.alerts.title')}>
        <Text size="sm" fw={600} mb={4}>
          {t('inbox.alerts.title')}
        </Text>
        <Text size="xs" c="dimmed" mb="sm">
          {t('inbox.alerts.lead')}
        </Text>
        <Switch label={t('inbox.alerts.sound')} checked={sound} onChange={(event) => setSound(event.currentTarget.checked)} mb="sm" />
        <Switch
          label={t('inbox.alerts.notices')}
          description={isRefused ? t('inbox.alerts.refused') : t('inbox.alerts.noticesHint')}
          checked={notices}
          disabled={!mayNotify}
          onChange={(event) => void setNotices(event.currentTarget.checked).then((isAllowed) => setRefused(!isAllowed))}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
