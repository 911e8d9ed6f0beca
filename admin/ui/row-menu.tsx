// What can be done with one row of a list: changed or deleted, as far as one may.
import { ActionIcon, Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';

type Deed = { label: string; run: () => void };

export function RowMenu({ name, edit, remove }: { name: string; edit: Deed | false; remove: Deed | false }) {
  const { t } = useTranslation();
  if (!edit && !remove) return null;
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" className="above" aria-label={t('list.actionsFor', { name })}>
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {edit && (
          <Menu.Item leftSection={<Icon name="pencil" />} onClick={edit.run}>
            {edit.label}
          </Menu.Item>
        )}
        {remove && (
          <Menu.Item color="red" leftSection={<Icon name="trash" />} onClick={remove.run}>
            {remove.label}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
