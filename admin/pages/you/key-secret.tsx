// The one time a new key is seen. Only its button closes it: a click beside it must not lose the key.
import { Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { NewKey } from '../../api/replies.ts';
import { CopyWideButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SecretLine } from '../../ui/secret-line.tsx';

export function KeySecret({ made, onClose }: { made: NewKey | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={made !== null}
      onClose={onClose}
      title={t('keys.madeTitle')}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="lg">
        <Text>{t('keys.madeText')}</Text>
        <SecretLine text={made?.key ?? ''} label={t('keys.madeTitle')} />
        <div className="dialog-foot">
          <Button variant="default" onClick={onClose}>
            {t('form.done')}
          </Button>
          <CopyWideButton text={made?.key ?? ''} label={t('keys.copy')} />
        </div>
      </Stack>
    </Dialog>
  );
}
