// For someone who has an account and no workspace left: they can begin one, or leave.
import '../theme/overlays.ts';
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../place.ts';
import { Empty } from '../ui/empty.tsx';
import { useTitle } from '../ui/page.tsx';
import { NewWorkspace } from './new-workspace.tsx';
import { signOut } from './sign-out.ts';

export function NoWorkspace() {
  const { t } = useTranslation();
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  useTitle(t('noWorkspace.title'));
  return (
    <main>
      <Empty isPage icon="building" title={t('noWorkspace.title')} text={t('noWorkspace.text', { email: me.email })}>
        <Group gap="xs">
          <Button onClick={() => setOpen(true)}>{t('switch.newWorkspace')}</Button>
          <Button variant="default" onClick={signOut}>
            {t('account.signOut')}
          </Button>
        </Group>
      </Empty>
      {isOpen && <NewWorkspace onClose={() => setOpen(false)} />}
    </main>
  );
}
