/** Something was checked, and there is a fault in it. */
export class Unsound extends Error {
  override readonly name = 'Unsound';
}
