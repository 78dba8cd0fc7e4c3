import type { Actions } from './program.ts';
import type { Terminal } from './terminal.ts';

/** What the commands do; each is loaded only when it is called. */
export function actionsFor(terminal: Terminal, version: string): Actions {
  return {
    ...looking(terminal, version),
    ...remembering(terminal),
    ...serving(terminal, version),
  };
}

function looking(
  terminal: Terminal,
  version: string,
): Pick<
  Actions,
  | 'scan'
  | 'ports'
  | 'audit'
  | 'explain'
  | 'firewallShow'
  | 'firewallLint'
  | 'firewallCompare'
  | 'firewallConvert'
  | 'close'
  | 'restrict'
  | 'confirm'
  | 'undo'
> {
  return {
    scan: async (targets, options) =>
      (await import('./commands/scan.ts')).scanCommand(targets, options, terminal, version),
    ports: async (query, options) =>
      (await import('./commands/ports.ts')).portsCommand(query, options, terminal),
    audit: async (options) =>
      (await import('./commands/audit.ts')).auditCommand(options, terminal, version),
    explain: async (port, options) =>
      (await import('./commands/explain.ts')).explainCommand(port, options, terminal),
    firewallShow: async (files, options) =>
      (await import('./commands/firewall.ts')).showCommand(files, options, terminal),
    firewallLint: async (files, options) =>
      (await import('./commands/firewall.ts')).lintCommand(files, options, terminal),
    firewallCompare: async (files, options) =>
      (await import('./commands/firewall.ts')).compareCommand(files, options, terminal),
    firewallConvert: async (file, options) =>
      (await import('./commands/firewall.ts')).convertCommand(file, options, terminal),
    close: async (port, options) =>
      (await import('./commands/close.ts')).closeCommand(port, options, terminal),
    restrict: async (port, options) =>
      (await import('./commands/restrict.ts')).restrictCommand(port, options, terminal),
    confirm: async (id, options) =>
      (await import('./commands/confirm.ts')).confirmCommand(id, options, terminal),
    undo: async (id, options) =>
      (await import('./commands/undo.ts')).undoCommand(id, options, terminal),
  };
}

function remembering(
  terminal: Terminal,
): Pick<
  Actions,
  | 'history'
  | 'diff'
  | 'import'
  | 'backup'
  | 'restore'
  | 'migrate'
  | 'check'
  | 'compact'
  | 'findings'
  | 'findingShow'
  | 'findingAccept'
  | 'findingUnaccept'
  | 'findingAssign'
  | 'findingComment'
> {
  return {
    history: async (place, options) =>
      (await import('./commands/history.ts')).historyCommand(place, options, terminal),
    diff: async (sides, options) =>
      (await import('./commands/diff.ts')).diffCommand(sides, options, terminal),
    import: async (files, options) =>
      (await import('./commands/import.ts')).importCommand(files, options, terminal),
    backup: async (file, options) =>
      (await import('./commands/db.ts')).backupCommand(file, options, terminal),
    restore: async (file, options) =>
      (await import('./commands/db.ts')).restoreCommand(file, options, terminal),
    migrate: async (options) =>
      (await import('./commands/db.ts')).migrateCommand(options, terminal),
    check: async (options) => (await import('./commands/db.ts')).checkCommand(options, terminal),
    compact: async (options) =>
      (await import('./commands/db.ts')).compactCommand(options, terminal),
    findings: async (options) =>
      (await import('./commands/findings.ts')).findingsCommand(options, terminal),
    findingShow: async (id, options) =>
      (await import('./commands/findings.ts')).findingShowCommand(id, options, terminal),
    findingAccept: async (id, options) =>
      (await import('./commands/findings.ts')).findingAcceptCommand(id, options, terminal),
    findingUnaccept: async (id, options) =>
      (await import('./commands/findings.ts')).findingUnacceptCommand(id, options, terminal),
    findingAssign: async (id, person, options) =>
      (await import('./commands/findings.ts')).findingAssignCommand(id, person, options, terminal),
    findingComment: async (id, text, options) =>
      (await import('./commands/findings.ts')).findingCommentCommand(id, text, options, terminal),
  };
}

function serving(
  terminal: Terminal,
  version: string,
): Pick<
  Actions,
  | 'up'
  | 'worker'
  | 'userReset'
  | 'scheduleList'
  | 'scheduleAdd'
  | 'scheduleRemove'
  | 'scheduleRun'
  | 'notifyTest'
  | 'notifyList'
  | 'agentEnrol'
  | 'agentRun'
> {
  return {
    up: async (options) => {
      // before what it needs is loaded
      const { rest } = (await import('./thrift.ts')).startSmall();
      return (await import('./commands/up.ts')).upCommand(options, terminal, version, rest);
    },
    worker: async (options) =>
      (await import('./commands/worker.ts')).workerCommand(options, terminal, version),
    userReset: async (email, options) =>
      (await import('./commands/user.ts')).userResetCommand(email, options, terminal),
    scheduleList: async (options) =>
      (await import('./commands/schedule.ts')).scheduleListCommand(options, terminal),
    scheduleAdd: async (targets, options) =>
      (await import('./commands/schedule.ts')).scheduleAddCommand(targets, options, terminal),
    scheduleRemove: async (name, options) =>
      (await import('./commands/schedule.ts')).scheduleRemoveCommand(name, options, terminal),
    scheduleRun: async (name, options) =>
      (await import('./commands/schedule.ts')).scheduleRunCommand(name, options, terminal),
    notifyTest: async (channel, options) =>
      (await import('./commands/notify.ts')).notifyTestCommand(channel, options, terminal),
    notifyList: async (options) =>
      (await import('./commands/notify.ts')).notifyListCommand(options, terminal),
    agentEnrol: async (url, token, options) =>
      (await import('./commands/agent.ts')).enrolCommand(url, token, options, terminal, version),
    agentRun: async (options) =>
      (await import('./commands/agent.ts')).runCommand(options, terminal, version),
  };
}
