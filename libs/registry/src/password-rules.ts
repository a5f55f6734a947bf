import { RegistryError } from './errors.ts';

const LEAST = 8;
const MOST = 512;

/**
 * The passwords that are tried first, of those that are long enough. Rules about kinds of characters make no
 * password better (NIST SP 800-63B section 3.1.1.2).
 */
const COMMON = new Set(
  `password password1 password12 password123 passw0rd p@ssw0rd p@ssword pa$$word 12345678 123456789
  1234567890 0123456789 87654321 987654321 11111111 111111111 00000000 000000000 22222222 55555555
  66666666 77777777 88888888 99999999 12341234 11223344 12344321 123123123 123321123 147258369
  123654789 741852963 789456123 159753456 1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4
  q1w2e3r4t5 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qazwsxedc zaq12wsx
  asdfghjk asdfghjkl asdf1234 zxcvbnm1 abcdefgh abcd1234 abc12345 abcdef123 a1b2c3d4 aa123456
  1234abcd 12345qwert iloveyou iloveyou1 sunshine princess football baseball basketball superman
  batman123 starwars pokemon1 michelle jennifer computer internet whatever trustno1 welcome1
  welcome123 letmein1 letmein123 changeme changeme1 changeme123 secret123 topsecret adminadmin
  admin123 admin1234 admin12345 administrator administrator1 rootroot root1234 toortoor testtest
  test1234 test12345 guestguest demodemo default1 default123 temp1234 userpass user1234 master12
  dockerhub docker123 registry registry1 kubernetes postgres postgres1 database passwort passwort1
  motdepasse contraseña hello123 hellohello security opensesame correcthorse monkey123 dragon123
  shadow123 mustang1 maverick samsung1 chocolate liverpool chelsea1 arsenal1 blink182 nothing1
  access14 spring2024 summer2024 autumn2024 winter2024 spring2025 summer2025 autumn2025 winter2025
  spring2026 summer2026 autumn2026 winter2026`.split(/\s+/),
);

/** Refuses a password that is easily guessed. Length is what counts, in characters as people count them. */
export function requireGoodPassword(password: string, username: string): void {
  const length = Array.from(password).length;
  if (length < LEAST || length > MOST) {
    throw refused(`it has ${length} characters; it must have ${LEAST} to ${MOST}`);
  }
  const plain = password.toLowerCase();
  if (plain === username.toLowerCase()) throw refused('it is the username');
  if (COMMON.has(plain) || /^(.)\1+$/u.test(plain)) {
    throw refused('it is one of those that are tried first');
  }
}

function refused(why: string): RegistryError {
  return new RegistryError('password-refused', `the password is refused: ${why}`);
}
