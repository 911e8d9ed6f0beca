// A dialog over the page. Its foot (class `dialog-foot`) stays in sight however long the form in it is.
import { Modal, type ModalProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function Dialog(props: ModalProps) {
  const { t } = useTranslation();
  return <Modal closeButtonProps={{ 'aria-label': t('nav.close') }} {...props} />;
}
