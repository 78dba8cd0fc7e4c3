import { family } from './text.ts';

/** Findings within one protocol, and about the age of the software. */
export const protocolRules = family({
  'ssh.version-1': {
    title: 'SSH 1 spoken',
    severity: 'high',
    sees: 'The greeting names version 1.x, 1.99 included.',
    matters: 'SSH 1 can be read and changed by somebody on the way; no server of today speaks it.',
    todo: 'Update the server, or set `Protocol 2` on old ones.',
  },
  'ssh.weak-algorithms': {
    title: 'Weak SSH algorithms offered',
    severity: 'medium',
    sees: 'Key exchanges with group 1 or SHA-1, ciphers such as 3DES, RC4 or CBC modes, MACs with MD5, or host keys with DSA or only SHA-1. Low where nothing worse than SHA-1 key exchange or CBC is offered.',
    matters: 'A client that accepts them can be tricked into a connection that others can break.',
    todo: 'Take them out of `KexAlgorithms`, `Ciphers`, `MACs` and `HostKeyAlgorithms` in sshd_config; OpenSSH of today offers none of them.',
  },
  'ssh.weak-host-key': {
    title: 'Short SSH host key',
    severity: 'medium',
    sees: 'An RSA host key under 2048 bits, or a DSA key.',
    matters: 'Who computes the key can pass for the server.',
    todo: 'Create a new one with `ssh-keygen -t ed25519` and remove the old.',
  },
  'ssh.terrapin': {
    title: 'SSH without strict key exchange (Terrapin)',
    severity: 'low',
    sees: 'ChaCha20-Poly1305 or a CBC cipher with encrypt-then-MAC is offered without `kex-strict-s-v00@openssh.com` (CVE-2023-48795).',
    matters:
      'Somebody on the way can drop the first messages of a session and weaken its protections.',
    todo: 'Update the server: OpenSSH 9.6 and distributors’ updates of December 2023 have it.',
  },
  'smb.version-1': {
    title: 'SMB 1 spoken',
    severity: 'high',
    sees: 'The server accepts the dialect of SMB 1.',
    matters:
      'WannaCry and NotPetya spread through it, and it has no protection against somebody in between.',
    todo: 'Switch it off: Windows `Set-SmbServerConfiguration -EnableSMB1Protocol $false`, Samba `server min protocol = SMB2`.',
  },
  'rdp.no-nla': {
    title: 'Remote Desktop without network level authentication',
    severity: 'high',
    sees: 'The server starts a session before it knows who asks.',
    matters: 'Strangers see the login screen and reach flaws such as BlueKeep without a password.',
    todo: 'Demand network level authentication in the system’s remote settings.',
  },
  'http.directory-listing': {
    title: 'Directory listing',
    severity: 'low',
    sees: 'The start page is a list of files.',
    matters: 'Strangers find backups, configurations and unfinished pages by looking.',
    todo: 'Switch the listing off: nginx `autoindex off;`, Apache `Options -Indexes`.',
  },
  'product.end-of-life': {
    title: 'Software whose maker ended support',
    severity: 'medium',
    sees: 'The version belongs to a line in our dated table of ended lines. Low where the banner shows a distributor’s package, for the distributor may still repair it.',
    matters: 'Flaws found since then are not repaired by the maker.',
    todo: 'Update to a supported line, or make sure that your distributor still repairs this one.',
  },
});
