import './style.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { remembered } from './api/queries.ts';
import { router } from './router.tsx';

const page = document.getElementById('page');
if (page === null) throw new Error('the page has no place to be drawn');
createRoot(page).render(
  <StrictMode>
    <QueryClientProvider client={remembered}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
