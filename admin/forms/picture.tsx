// The picture of a person or a workspace: shown as it will be, changed, removed.
import { Button, FileButton, Group, Input, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import { shrinkPicture } from './shrink-picture.ts';

type PictureProps = {
  label: string;
  name: string;
  value: string | null;
  error?: React.ReactNode;
  isSquare?: boolean;
  disabled?: boolean;
  onChange: (value: string | null) => void;
};

export function Picture({ label, name, value, error, isSquare, disabled, onChange }: PictureProps) {
  const { t } = useTranslation();
  const [isUnreadable, setUnreadable] = useState(false);
  const choose = async (file: File | null) => {
    if (!file) return;
    const small = await shrinkPicture(file);
    setUnreadable(small === null);
    if (small !== null) onChange(small);
  };
  return (
    <Input.Wrapper label={label} labelElement="div" error={isUnreadable ? t('picture.unreadable') : error}>
      <Group gap="md" mt={4} mb={4}>
        <Face name={name} image={value} size={56} {...(isSquare ? { isSquare } : {})} />
        <div>
          <Group gap="xs">
            <FileButton onChange={choose} accept="image/png,image/jpeg,image/webp,image/gif" disabled={disabled ?? false}>
              {(props) => (
                <Button {...props} variant="default" size="compact-md" leftSection={<Icon name="upload" size={14} />}>
                  {value ? t('picture.change') : t('picture.upload')}
                </Button>
              )}
            </FileButton>
            {value && (
              <Button variant="subtle" color="gray" size="compact-md" disabled={disabled ?? false} onClick={() => onChange(null)}>
                {t('picture.remove')}
              </Button>
            )}
          </Group>
          <Text size="xs" c="dimmed" mt={6}>
            {t('picture.hint')}
          </Text>
        </div>
      </Group>
    </Input.Wrapper>
  );
}
