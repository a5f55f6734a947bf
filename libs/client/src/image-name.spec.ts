import fc from 'fast-check';
import { imageNameText, parseImageName } from './image-name.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const written = (text: string): string => {
  const parsed = parseImageName(text);
  return 'name' in parsed ? imageNameText(parsed.name) : parsed.problem;
};

describe('parseImageName', () => {
  it.each([
    ['localhost:5000/acme/app:1', 'localhost:5000/acme/app:1'],
    ['localhost/app', 'localhost/app:latest'],
    ['registry.example.org/app', 'registry.example.org/app:latest'],
    ['127.0.0.1:5000/a/b/c:v1.2_3-x', '127.0.0.1:5000/a/b/c:v1.2_3-x'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['acme/app', 'docker.io/acme/app:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    [`localhost:5000/app@${DIGEST}`, `localhost:5000/app@${DIGEST}`],
    [`localhost:5000/app:1@${DIGEST}`, `localhost:5000/app:1@${DIGEST}`],
    ['Host/app', 'Host/app:latest'],
  ])('reads %s as %s', (text, name) => expect(written(text)).toBe(name));

  it.each([
    ['', 'is not a repository'],
    ['localhost:5000/', 'is not a repository'],
    ['localhost:5000/App', 'is not a repository'],
    ['localhost:5000/a//b', 'is not a repository'],
    ['localhost:5000/../etc', 'is not a repository'],
    ['localhost:5000/app:', 'is not a tag'],
    ['localhost:5000/app:-x', 'is not a tag'],
    ['localhost:5000/app@sha256:1', 'is not a digest'],
    [`localhost:5000/app@${DIGEST}@${DIGEST}`, 'more than one'],
    ['https://localhost/app', 'is not'],
    ['user@localhost/app', 'is not'],
    ['local host:1/app', 'is not a host'],
    ['-x.y/app', 'is not a host'],
  ])('refuses %j', (text, problem) => expect(written(text)).toContain(problem));

  it('reads what it writes as the same name', () => {
    const text = fc.stringMatching(
      /^(localhost:5000\/|a\.b\/)?[a-z0-9]{1,5}(\/[a-z]{1,3}){0,2}(:[a-z0-9.]{1,4})?$/,
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseImageName(any);
        if ('name' in parsed) expect(parseImageName(imageNameText(parsed.name))).toEqual(parsed);
      }),
    );
  });
});
