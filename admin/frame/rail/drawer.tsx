// The rail where there is no room for it.
import '../../theme/overlays.ts';
import { Drawer } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Mark } from '../../ui/mark.tsx';
import { RailLinks } from '../rail.tsx';

export function RailDrawer({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer opened onClose={onClose} title={<Mark />} size="17rem" closeButtonProps={{ 'aria-label': t('nav.close') }}>
      <RailLinks onGo={onClose} onShortcuts={onShortcuts} />
    </Drawer>
  );
}
