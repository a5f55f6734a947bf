const PATTERN = /^!?[a-zA-Z0-9_*][a-zA-Z0-9._*-]{0,127}$/;

/** Whether it is a tag in which `*` stands for any characters, or such a pattern behind `!`: what it excepts. */
export function isTagPattern(text: string): boolean {
  return PATTERN.test(text) && !text.includes('**');
}

/** What would be right, for the message that refuses a pattern. */
export const TAG_PATTERN_FORM =
  'a tag in which "*" stands for any characters, such as v*, or "!" and one, for what is excepted';
