// Where toasts appear; loaded after the first page stands.
import '../theme/overlays.ts';
import '@mantine/notifications/styles.layer.css';
import { Notifications } from '@mantine/notifications';

export function Toasts() {
  return <Notifications position="bottom-right" containerWidth={380} />;
}
