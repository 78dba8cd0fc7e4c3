/**
 * The thread that reads audits: megabytes of somebody else's JSON, which would hold up whoever else
 * asks the server meanwhile.
 */
import { parentPort } from 'node:worker_threads';
import { joinDoors } from '../../judge/joined.ts';
import type { AuditReport } from '../../model/audit.ts';
import { PosternError } from '../../model/errors.ts';
import { digestOf, readAudit, unpackAudit } from './digest.ts';
import type { Answer, Question } from './messages.ts';

/** Audits that were read, until it is said what the outside knows of their hosts. */
const read = new Map<number, AuditReport>();

function answer(question: Question): Answer {
  const { id } = question;
  if (question.type === 'read') {
    const report = readAudit(question.body);
    read.set(id, report);
    return { type: 'read', id, addresses: report.audit.addresses };
  }
  if (question.type === 'forget') {
    read.delete(id);
    return { type: 'forgotten', id };
  }
  if (question.type === 'doors') {
    const report = unpackAudit(question.body);
    const { at, host, complete } = report.audit;
    return { type: 'doors', id, at, host, complete, doors: joinDoors(report, question.looks) };
  }
  if (question.type === 'unpack') {
    return { type: 'unpacked', id, report: unpackAudit(question.body) };
  }
  const report = read.get(id);
  read.delete(id);
  if (report === undefined) throw new Error('this audit was not read');
  return { type: 'digest', id, digest: digestOf(report, question.looks) };
}

parentPort?.on('message', (question: Question) => {
  try {
    parentPort?.postMessage(answer(question));
  } catch (error) {
    const { id } = question;
    const { code, message } =
      error instanceof PosternError ? error : { code: null, message: String(error) };
    parentPort?.postMessage({ type: 'failed', id, code, message } satisfies Answer);
  }
});
