// What else can be done with a conversation.
import { ActionIcon, Menu, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/replies.ts';
import { Icon } from '../../ui/icon.tsx';

export function MoreMenu({ one, onMute }: { one: Conversation; onMute: (on: boolean) => void }) {
  const { t } = useTranslation();
  const isMuted = one.muted_at !== null;
  return (
    <Menu width={260} position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('inbox.more')} title={t('inbox.more')}>
          <Icon name="dots" size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name={isMuted ? 'bell' : 'mute'} />} onClick={() => onMute(!isMuted)}>
          {t(isMuted ? 'inbox.unmute' : 'inbox.mute')}
          <Text size="xs" c="dimmed">
            {t(isMuted ? 'inbox.unmuteHint' : 'inbox.muteHint')}
          </Text>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
