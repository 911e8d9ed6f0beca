// What can be done with one row: changed or deleted.
import { ActionIcon, Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../../ui/icon.tsx';

export function RowMenu({ name, edit, onEdit, onDelete }: { name: string; edit: string; onEdit: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" className="above" aria-label={t('list.actionsFor', { name })}>
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="pencil" />} onClick={onEdit}>
          {edit}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<Icon name="trash" />} onClick={onDelete}>
          {t('fields.delete')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
