import { useParams } from '@tanstack/react-router';
import { parsePlace } from '../text/reference.ts';
import { ImagePage } from './image/image.tsx';
import { RepositoryPage } from './repository/repository.tsx';

/** What an address is about is written in it as everywhere else: `acme/web`, `acme/web:1.0`, `acme/web@sha256:…`. */
export function PlacePage() {
  const { _splat = '' } = useParams({ from: '/r/$' });
  const { repository, reference } = parsePlace(_splat);
  if (reference === undefined) return <RepositoryPage repository={repository} />;
  return <ImagePage key={_splat} repository={repository} reference={reference} />;
}
