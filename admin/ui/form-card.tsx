// A card that is a form: its fields, what is wrong with it, and at its foot whether there is something to save. Who
// leaves with changes unsaved is asked once.
import { Button, Stack, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import type { FormEventHandler, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './dialog.tsx';
import { Card } from './page.tsx';
import { FormProblem } from './problem.tsx';

type FormCardProps = {
  title?: string;
  lead?: ReactNode;
  form: { isDirty: () => boolean; reset: () => void };
  submit: FormEventHandler<HTMLFormElement>;
  isPending: boolean;
  problem: unknown;
  action?: string;
  /** Says instead of the buttons why nothing can be changed. */
  readOnly?: string | undefined;
  children: ReactNode;
};

export function FormCard({ title, lead, form, submit, isPending, problem, action, readOnly, children }: FormCardProps) {
  const { t } = useTranslation();
  const isDirty = form.isDirty();
  const foot =
    readOnly !== undefined ? (
      <Text size="sm" c="dimmed">
        {readOnly}
      </Text>
    ) : (
      <>
        <Text size="sm" c="dimmed" role="status">
          {isDirty ? t('form.unsaved') : ''}
        </Text>
        {isDirty && (
          <Button variant="default" size="compact-md" onClick={form.reset}>
            {t('form.discard')}
          </Button>
        )}
        <Button type="submit" size="compact-md" loading={isPending} disabled={!isDirty}>
          {action ?? t('form.save')}
        </Button>
      </>
    );
  return (
    <form onSubmit={submit} noValidate>
      <Card {...(title ? { title } : {})} lead={lead} foot={foot}>
        <Stack gap="lg" maw="30rem">
          {children}
          <FormProblem error={problem} />
        </Stack>
      </Card>
      <LeaveQuestion isDirty={isDirty && !isPending} />
    </form>
  );
}

function LeaveQuestion({ isDirty }: { isDirty: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  return (
    <Dialog opened={blocker.status === 'blocked'} onClose={() => blocker.reset?.()} title={t('form.leaveTitle')} size="sm">
      <Text mb="md">{t('form.leaveText')}</Text>
      <div className="dialog-foot">
        <Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>
          {t('confirm.cancel')}
        </Button>
        <Button color="red" onClick={() => blocker.proceed?.()}>
          {t('form.leaveDo')}
        </Button>
      </div>
    </Dialog>
  );
}
