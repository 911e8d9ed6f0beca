// Whose conversation it is: yours, a colleague's, nobody's.
import { Button, Menu, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/replies.ts';
import { usePlace } from '../../place.ts';
import { may } from '../../roles.ts';
import { Icon } from '../../ui/icon.tsx';
import { Face } from '../../ui/identity.tsx';
import { membersQuery } from '../reading.ts';
import css from './thread.module.css';

export function AssignMenu({ one, onAssign }: { one: Conversation; onAssign: (assignee: number | null) => void }) {
  const { t } = useTranslation();
  const { place, me } = usePlace();
  const members = (useQuery(membersQuery(place)).data ?? []).filter((member) => may(member.role, 'conversations.answer'));
  const current = members.find((member) => member.id === one.assignee);
  const others = members.filter((member) => member.id !== me.id);
  const who = current ? (current.id === me.id ? t('inbox.you') : current.name) : t('inbox.nobody');
  return (
    <Menu width={240} position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          size="compact-md"
          data-act="assign"
          className={css.assignButton}
          aria-keyshortcuts="a"
          leftSection={current ? <Face name={current.name} image={current.image} size={18} /> : <Icon name="user" size={15} />}
        >
          <span className={css.wideWord} aria-hidden="true">
            {who}
          </span>
          <VisuallyHidden>{t('inbox.assignTo', { who })}</VisuallyHidden>
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {me.id !== one.assignee && (
          <Menu.Item leftSection={<Face name={me.name} image={me.image} size={18} />} onClick={() => onAssign(me.id)}>
            {t('inbox.toMe')}
          </Menu.Item>
        )}
        {others.map((member) => (
          <Menu.Item
            key={member.id}
            leftSection={<Face name={member.name} image={member.image} size={18} />}
            rightSection={member.id === one.assignee ? <Icon name="check" size={14} /> : undefined}
            onClick={() => onAssign(member.id)}
          >
            {member.name}
          </Menu.Item>
        ))}
        {one.assignee !== null && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<Icon name="close" size={14} />} onClick={() => onAssign(null)}>
              {t('inbox.toNobody')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
