// A form in a dialog: its fields, what is wrong with it, and at its foot the way back and the way on.
import { Button, Stack } from '@mantine/core';
import type { FormEventHandler, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FormProblem } from './problem.tsx';

type DialogFormProps = {
  submit: FormEventHandler<HTMLFormElement>;
  isPending: boolean;
  problem: unknown;
  /** What the button says. */
  action: string;
  isRoomy?: boolean;
  onClose: () => void;
  children: ReactNode;
};

export function DialogForm({ submit, isPending, problem, action, isRoomy, onClose, children }: DialogFormProps) {
  const { t } = useTranslation();
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap={isRoomy ? 'lg' : 'md'}>
        {children}
        <FormProblem error={problem} />
        <div className="dialog-foot">
          <Button variant="default" onClick={onClose}>
            {t('confirm.cancel')}
          </Button>
          <Button type="submit" loading={isPending}>
            {action}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
