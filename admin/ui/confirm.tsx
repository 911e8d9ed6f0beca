// The one question before what cannot be undone. For the gravest, the name must be typed.
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './dialog.tsx';
import { FormProblem } from './problem.tsx';

type ConfirmProps = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text: ReactNode;
  action: string;
  /** To be typed before the button works. */
  phrase?: string;
  /** Closes when it is done; stays, with what went wrong, when it fails. */
  onConfirm: () => Promise<unknown>;
};

export function Confirm({ isOpen, onClose, title, ...rest }: ConfirmProps) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={title} size="sm">
      <Question onClose={onClose} {...rest} />
    </Dialog>
  );
}

function Question({ onClose, text, action, phrase, onConfirm }: Omit<ConfirmProps, 'isOpen' | 'title'>) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  const isReady = phrase === undefined || typed.trim() === phrase;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) confirm.mutate();
      }}
    >
      <Stack gap="md">
        <Text size="md">{text}</Text>
        {phrase !== undefined && (
          <TextInput
            label={t('confirm.type', { phrase })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        <FormProblem error={confirm.error} />
        <div className="dialog-foot">
          <Button variant="default" onClick={onClose} data-autofocus={phrase === undefined ? true : undefined}>
            {t('confirm.cancel')}
          </Button>
          <Button color="red" type="submit" loading={confirm.isPending} disabled={!isReady}>
            {action}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
