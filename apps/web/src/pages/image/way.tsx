import { type Looking, PathLink } from './path-link.tsx';

/** The folders on the way to a folder or a `file`, each a link. */
export function Way({
  looking,
  path,
  file,
}: {
  readonly looking: Looking;
  readonly path: string;
  readonly file?: string;
}) {
  const names = path.split('/').filter((name) => name !== '');
  return (
    <nav aria-label="Folder" className="flex flex-wrap items-center gap-1 font-mono text-sm">
      <PathLink looking={looking} path="">
        /
      </PathLink>
      {names.map((name, index) => (
        <span key={index} className="flex items-center gap-1">
          {index > 0 && <span className="text-faint">/</span>}
          <PathLink looking={looking} path={names.slice(0, index + 1).join('/')}>
            {name}
          </PathLink>
        </span>
      ))}
      {file !== undefined && (
        <>
          {names.length > 0 && <span className="text-faint">/</span>}
          <span className="break-all">{file}</span>
        </>
      )}
    </nav>
  );
}
