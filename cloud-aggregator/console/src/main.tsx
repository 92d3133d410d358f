import '@patternfly/react-core/dist/styles/base.css';
import './styles.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { Problem } from './api/client';
import { App } from './App';
import { NoticeProvider } from './elements/Notices';
import { WordsProvider } from './i18n';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.body.status >= 400 && error.body.status < 500),
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <WordsProvider>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <NoticeProvider>
            <App />
          </NoticeProvider>
        </BrowserRouter>
      </QueryClientProvider>
    </WordsProvider>
  </StrictMode>,
);
