import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { placeOf } from '../text/reference.ts';

interface Views {
  readonly view?: string | undefined;
  readonly platform?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly path?: string | undefined;
  readonly file?: string | undefined;
  readonly layer?: string | undefined;
  readonly q?: string | undefined;
}

/** Leads to a repository, or to what a tag or a digest names in it. */
export function PlaceLink({
  repository,
  reference,
  search = {},
  className = 'text-sea hover:underline',
  children,
  title,
}: {
  readonly repository: string;
  readonly reference?: string | undefined;
  readonly search?: Views;
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
}) {
  return (
    <Link
      to="/r/$"
      params={{ _splat: placeOf(repository, reference) }}
      search={search}
      className={className}
      {...(title !== undefined && { title })}
    >
      {children}
    </Link>
  );
}

/** acme / web: the namespace leads to what else it has. */
export function RepositoryHeading({
  repository,
  children,
}: {
  readonly repository: string;
  readonly children?: ReactNode;
}) {
  const [namespace = '', ...rest] = repository.split('/');
  if (rest.length === 0) {
    return (
      <PlaceLink repository={repository} className="hover:underline">
        {repository}
        {children}
      </PlaceLink>
    );
  }
  return (
    <>
      <Link
        to="/n/$namespace"
        params={{ namespace }}
        className="font-normal text-faint hover:underline"
      >
        {namespace}
      </Link>
      <span className="px-1 font-normal text-faint">/</span>
      <PlaceLink repository={repository} className="hover:underline">
        {rest.join('/')}
      </PlaceLink>
      {children}
    </>
  );
}
