/** The command cannot go on, and the message says what the reader can do about it. */
export class Refusal extends Error {}

/** The command was asked to stop by a signal. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** Awaits a whole command and turns the way it failed into words and an exit status. */
export async function concluding(command) {
  try {
    process.exitCode = await command;
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error('Stopped. Run the same command again at any time.');
      process.kill(process.pid, error.signal);
    } else {
      console.error(error instanceof Refusal ? error.message : error);
      process.exitCode = 1;
    }
  }
}
