import type { Protocol } from './plugin.ts';
import { mariadb } from './protocols/mariadb.ts';
import { mysql } from './protocols/mysql.ts';
import { postgresql } from './protocols/postgresql.ts';
import { smb } from './protocols/smb.ts';

/** Every protocol of the folder `protocols/`, in file-name order; a test holds the two together. */
export const PROTOCOLS: readonly Protocol[] = [mariadb, mysql, postgresql, smb];
