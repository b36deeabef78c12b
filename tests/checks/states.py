#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The tables of docs/states.md say what happens."""

import re

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from check import SRCDIR, done, problem, read

CONTEXT = GFlow.FlowPlacement.CONTEXT
COLUMNS = [GFlow.FlowRunWhen.ALL_SUCCEEDED, GFlow.FlowRunWhen.ALL_FINISHED,
           GFlow.FlowRunWhen.ANY_FAILED]
NAMES = ['`ALL_SUCCEEDED`', '`ALL_FINISHED`', '`ANY_FAILED`']
POLICIES = {policy.value_nick.upper().replace('-', '_'): policy
            for policy in GFlow.FlowOnError.__enum_values__.values()}
WORDS = {'done': 'runs'}


def succeed(node, run):
    return True


def choose_none(node, run):
    run.select(node)
    return True


def fail(node, run):
    raise GLib.Error.new_literal(Gio.io_error_quark(), 'It broke', Gio.IOErrorEnum.FAILED)


def stop(node, run):
    raise GLib.Error.new_literal(Gio.io_error_quark(), 'Enough', Gio.IOErrorEnum.CANCELLED)


def add(flow, name, body, upstream=None, run_when=COLUMNS[0]):
    node = flow.add(name, body)
    node.set_properties(placement=CONTEXT, run_when=run_when)
    if upstream is not None:
        node.add_upstream(upstream)
    return node


def upstream_for(flow, row):
    """A node that ends as the row says."""
    if row.startswith('skipped, because something before it failed'):
        return add(flow, 'x', succeed, add(flow, 'first', fail))
    if row.startswith('skipped, because something before it was cancelled'):
        return add(flow, 'x', succeed, add(flow, 'first', stop))
    if row.startswith('skipped, as a handler'):
        return add(flow, 'x', succeed, add(flow, 'first', succeed), COLUMNS[2])
    if row.startswith('skipped, because another branch'):
        return add(flow, 'x', succeed, add(flow, 'first', choose_none))
    if row.startswith('done, and it has chosen'):
        return add(flow, 'x', choose_none)
    return add(flow, 'x', {'done': succeed, 'failed': fail, 'cancelled': stop}[row.split(',')[0]])


def policies_of(row):
    named = re.search('`(.*)`', row)
    if named is not None:
        return [POLICIES[named.group(1)]]
    # A failure means the same under all but one.
    return [policy for name, policy in POLICIES.items() if name != 'IGNORE']


def execute(run, act=lambda: None):
    ended = []
    run.execute(None, lambda run, result: ended.append(result))
    while not ended:
        GLib.MainContext.default().iteration(True)
        act()


def ended_after(row, policy):
    flow = GFlow.Flow()
    x = upstream_for(flow, row)
    nodes = [add(flow, str(when), succeed, x, when) for when in COLUMNS]
    run = GFlow.FlowRun(flow=flow, on_error=policy)
    execute(run)
    return [run.get_node_state(node) for node in nodes]


def ended_meanwhile(row, policy):
    """x is in its body until what the row says has happened."""
    flow = GFlow.Flow()
    tasks = []
    x = flow.add_task('x', lambda node, run, task: tasks.append(task))
    bad = add(flow, 'bad', fail) if row.startswith('a failure') else None
    nodes = [add(flow, str(when), succeed, x, when) for when in COLUMNS]
    run = GFlow.FlowRun(flow=flow, on_error=policy)
    if row == 'the deadline has passed':
        run.set_deadline(GLib.get_monotonic_time() + 10000)
    elif row == 'this very node was cancelled':
        for node in nodes:
            run.cancel_node(node)

    def act():
        if not tasks:
            return
        if row == 'the run was cancelled':
            run.cancel()
        if row == 'the deadline has passed' and not tasks[0].get_cancellable().is_cancelled():
            return
        if bad is None or run.get_node_state(bad) == GFlow.FlowNodeState.FAILED:
            tasks.pop().return_boolean(True)

    execute(run, act)
    return [run.get_node_state(node) for node in nodes]


page = read(SRCDIR, 'docs', 'states.md')

# Every reason is in the table, with any names and numbers; one after a colon without what is before it.
code = read(SRCDIR, 'libgflow', 'run', 'gflow-reason.c')
reasons = re.findall(r'_\("([^"]+)"\)', code)
reasons += re.findall(r'GETTEXT_PACKAGE,\s*"[^"]+",\s*"([^"]+)"', code)
if len(reasons) < 25:
    problem('the reasons are no longer in gflow-reason.c')
for reason in reasons:
    pattern = re.sub('%s|%u', '.+?', re.escape(reason).replace('\\ ', ' '))
    if reason != '%s: %s' and re.search(pattern, page) is None:
        problem(f'no reason “{reason}”')

for table, ended in (('upstream', ended_after), ('elsewhere', ended_meanwhile)):
    lines = re.search(rf'<!-- table: {table} -->\n((?:\|.*\n)+)', page).group(1).splitlines()
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    if rows[0][1:] != NAMES or len(rows) < 9:
        problem(f'the table {table} has another form')
    for row, *cells in rows[2:]:
        for policy in policies_of(row):
            found = [WORDS.get(state.value_nick, state.value_nick) for state in ended(row, policy)]
            if found != cells:
                problem(f'{table}: {row}, {policy.value_nick}: {found} and not {cells}')

done('docs/states.md')
