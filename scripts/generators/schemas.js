import { z } from 'zod';
import { auditReport } from '../../dist/contract/audit.js';
import { edgeFile } from '../../dist/contract/edges.js';
import { policyDocument } from '../../dist/contract/policy.js';
import { SCAN_SCHEMAS } from '../../dist/contract/scan.js';
import { vitals } from '../../dist/contract/stats.js';

/**
 * JSON Schemas as published. `input` leaves objects open: within a version fields are added, and a
 * reader that validates must not reject what a newer Postern wrote.
 */
function schemaFile([name, schema]) {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  const $comment = 'Generated from the zod contract in src/contract by npm run generate.';
  const document = { $schema, $id: `urn:postern:schema:${name}`, $comment, ...rest };
  return {
    path: `schemas/${name}.schema.json`,
    text: `${JSON.stringify(document, null, 2)}\n`,
  };
}

export function schemas() {
  return Object.entries({
    ...SCAN_SCHEMAS,
    'postern.audit-1': auditReport,
    'postern.policy-1': policyDocument,
    'postern.edges-1': edgeFile,
    'postern.stats-1': vitals,
  }).map(schemaFile);
}
