/** A line of a container's log: `<time> stdout|stderr P|F <text>`, as the kubelet knows it; P is a part of a line. */
export interface LogLine {
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The bytes as Latin-1 text, with the line's end where it had one. */
  readonly text: string;
}

const LINE = /^(\S+) (stdout|stderr) ([PF]) /;

export function parseLogLine(line: string): LogLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [head, time = '', stream, tag] = match;
  const text = line.slice(head.length) + (tag === 'F' ? '\n' : '');
  return { time, stream: stream === 'stderr' ? 'stderr' : 'stdout', text };
}
