// The first thing that runs in the page.
import './theme/mantine.ts';
import './styles.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { nonce } from './boot.ts';
import { startI18n } from './i18n.ts';

// The scroll lock of dialogs adds a style of its own and looks for the nonce under this name.
Object.assign(window, { __webpack_nonce__: nonce });

await startI18n();
const container = document.getElementById('root');
if (container) createRoot(container).render(<App />);
