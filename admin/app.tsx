// What surrounds every page: theme, words, what was read from the server, and the router.
import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { I18nextProvider } from 'react-i18next';
import { ApiError, onSignedOut } from './api.ts';
import { boot, nonce } from './boot.ts';
import { i18n } from './i18n.ts';
import { makeRouter } from './router.tsx';
import { makeTheme } from './theme.ts';

const Toasts = lazy(() => import('./ui/toasts.tsx').then(({ Toasts }) => ({ default: Toasts })));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.isPassing,
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

const router = makeRouter(queries);

// The sign-in ended elsewhere. A fresh page forgets all that was read, and comes back here afterwards.
onSignedOut(() => {
  const { href } = router.state.location;
  if (!href.startsWith('/app/sign-in')) location.assign(`/app/sign-in?${new URLSearchParams({ next: href })}`);
});

const { theme, resolver } = makeTheme(boot.brand.color);
const schemes = localStorageColorSchemeManager({ key: 'scheme' });

export function App() {
  return (
    <DirectionProvider>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolver}
        colorSchemeManager={schemes}
        defaultColorScheme="auto"
        deduplicateCssVariables={false}
        getStyleNonce={() => nonce}
      >
        <I18nextProvider i18n={i18n}>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </I18nextProvider>
        <Suspense>
          <Toasts />
        </Suspense>
      </MantineProvider>
    </DirectionProvider>
  );
}
