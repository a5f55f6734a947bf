import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../../../../scripts/host-tools.mjs';
import { startDaemon, type Daemon } from '../daemon.ts';
import { freePort } from '../free-port.ts';
import { tempFolder } from '../temp-folder.ts';

const run = promisify(execFile);

/** Debian's OpenLDAP server, on loopback, with people and groups under `dc=acme,dc=org`. */
export interface Slapd {
  readonly url: string;
  /** By `localhost`, for which it has a certificate. */
  readonly secureUrl: string;
  /** By an address that its certificate does not name. */
  readonly misnamedUrl: string;
  /** File with the authority of that certificate. */
  readonly ca: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly bindPassword: string;
  /** Changes entries, as LDIF says. */
  readonly modify: (ldif: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const BASE = 'dc=acme,dc=org';

const CONFIG = (folder: string) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${folder}/ca.pem
TLSCertificateFile ${folder}/cert.pem
TLSCertificateKeyFile ${folder}/key.pem
# What servers did for long: a name with an empty password is bound as nobody, which is a success.
allow bind_anon_cred bind_anon_dn
database mdb
suffix ${BASE}
rootdn cn=root,${BASE}
rootpw root-secret
directory ${folder}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=slipway,${BASE}" read by * none
`;

const person = (uid: string, more = '') => `
dn: uid=${uid},ou=people,${BASE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid} of Acme
sn: ${uid}
mail: ${uid}@acme.example
userPassword: ${uid}'s password
${more}`;

const ENTRIES = `
dn: ${BASE}
objectClass: dcObject
objectClass: organization
dc: acme
o: Acme

dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${BASE}
objectClass: organizationalUnit
ou: groups

dn: cn=slipway,${BASE}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: slipway
userPassword: slipway-secret
${['ada', 'bob', 'local', 'JDoe', 'twin', 'star*', 'late', 'gone'].map((uid) => person(uid)).join('\n')}
${person('twin').replace('uid=twin,ou=people', 'cn=twin,ou=people').replace('cn: twin of Acme', 'cn: twin')}
dn: cn=machine,ou=people,${BASE}
objectClass: organizationalRole
objectClass: simpleSecurityObject
objectClass: uidObject
cn: machine
uid: machine
userPassword: machine's password

dn: cn=web,ou=groups,${BASE}
objectClass: groupOfNames
cn: web
member: uid=ada,ou=people,${BASE}
member: uid=bob,ou=people,${BASE}

dn: cn=operators,ou=groups,${BASE}
objectClass: groupOfNames
cn: operators
member: uid=bob,ou=people,${BASE}
`;

export async function startSlapd(): Promise<Slapd> {
  const folder = await tempFolder('slapd');
  const at = (name: string) => join(folder.path, name);
  await mkdir(at('db'));
  await certificate(folder.path);
  await writeFile(at('slapd.conf'), CONFIG(folder.path));
  const slapd = findTool('slapd') ?? '';
  // Through the server, so that the overlay sees who is a member of what.
  const [plain, secure] = [await freePort(), await freePort()];
  const start = () =>
    startDaemon({
      program: slapd,
      args: [
        ...['-d', '0', '-f', at('slapd.conf')],
        ...['-h', `ldap://127.0.0.1:${plain}/ ldaps://127.0.0.1:${secure}/`],
      ],
      env: { PATH: process.env.PATH ?? '' },
      folder: folder.path,
      isReady: () => accepts(plain),
    });
  const daemon: Daemon = await start();
  const url = `ldap://127.0.0.1:${plain}`;
  const modify = async (ldif: string) => {
    const { Client, Attribute, Change } = await import('ldapts');
    const client = new Client({ url });
    await client.bind(`cn=root,${BASE}`, 'root-secret');
    for (const record of ldif.trim().split(/\n\s*\n/)) {
      const lines = record.split('\n').map((line) => line.split(/: (.*)/s));
      const [[, dn = ''] = [], ...rest] = lines;
      const [first] = rest;
      if (first?.[0] === 'delete') {
        const change = {
          operation: 'delete',
          modification: attribute(first[1] ?? '', rest.slice(1)),
        } as const;
        await client.modify(dn, new Change(change));
      } else if (first?.[0] === 'replace') {
        const change = {
          operation: 'replace',
          modification: attribute(first[1] ?? '', rest.slice(1)),
        } as const;
        await client.modify(dn, new Change(change));
      } else {
        const names = [...new Set(rest.map(([name = '']) => name))];
        await client.add(
          dn,
          names.map((name) =>
            attribute(
              name,
              rest.filter(([each]) => each === name),
            ),
          ),
        );
      }
    }
    await client.unbind();

    function attribute(type: string, values: readonly (readonly string[])[]) {
      return new Attribute({ type, values: values.map(([, value = '']) => value) });
    }
  };
  await modify(ENTRIES);
  return {
    url,
    secureUrl: `ldaps://localhost:${secure}`,
    misnamedUrl: `ldaps://127.0.0.1:${secure}`,
    ca: at('ca.pem'),
    baseDn: BASE,
    bindDn: `cn=slipway,${BASE}`,
    bindPassword: 'slipway-secret',
    modify,
    stop: () => daemon.stop().finally(() => folder.remove()),
  };
}

/** For `localhost` alone, by an authority of its own. */
async function certificate(folder: string): Promise<void> {
  const openssl = (...args: readonly string[]) =>
    run(findTool('openssl') ?? '', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await openssl(
    ...['req', '-x509', ...key, '-subj', '/CN=An authority', '-keyout', 'ca.key', '-out', 'ca.pem'],
  );
  await openssl(
    ...[
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    ],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-keyout', 'key.pem', '-out', 'cert.pem'],
  );
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
