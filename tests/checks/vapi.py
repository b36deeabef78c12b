#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""tests/vala/api-*.vala use everything that the vapi has.

Argument: the vapi.

In these programs, a variable of each class has always the same name: that tells whose method is
called.
"""

import re
import sys

from check import SRCDIR, done, problem, read, without_comments

VARIABLES = {
    'Flow': 'flow',
    'FlowDocument': 'document',
    'FlowExecutor': 'executor',
    'FlowGroup': 'group',
    'FlowHistory': 'history',
    'FlowLock': 'door',  # lock is a word of the language
    'FlowNode': 'node',
    'FlowPost': 'post',
    'FlowRequest': 'request',
    'FlowRoute': 'route',
    'FlowFileSource': 'files',
    'FlowReader': 'reader',
    'FlowQuestion': 'question',
    'FlowRun': 'run',
    'FlowSource': 'source',
    'FlowStep': 'step',
    'FlowValues': 'values',
    'FlowWriter': 'writer',
}

vapi = read(sys.argv[1])
program = ''.join(without_comments(read(SRCDIR, 'tests', 'vala', f'api-{part}.vala'))
                  for part in ('graph', 'run', 'stream'))
n_names = 0


def expect(pattern, name):
    global n_names
    n_names += 1
    if not re.search(pattern, program):
        problem(f'tests/vala/api-*.vala do not use {name}')


def check_class(name, body):
    variable = VARIABLES.get(name)
    if variable is None:
        problem(f'{sys.argv[0]} does not know how tests/vala/api-*.vala call a {name}')
        return
    for line in body.splitlines():
        if re.match(r'\t\tpublic virtual ', line):  # for those who implement it
            expect(r'\bpublic (override )?' + re.search(r'\w+ \w+ \(', line)[0].replace('(', r'\('), line)
            continue
        signal = re.match(r'\t\tpublic signal \S+ (\w+)', line)
        method = re.match(r'\t\tpublic (static )?(?:(?:unowned|async) )*(\S+ )?@?([\w.]+) \(', line)
        prop = re.match(r'\t\tpublic \S+ (\w+) \{', line)
        if signal:
            expect(rf'\b{variable}\.{signal[1]}\.connect\b', f'{name}::{signal[1]}')
        elif method and method[2] is None:
            expect(rf'\bnew {re.escape(method[3])} \(', f'new {method[3]}')
        elif method and method[1]:
            expect(rf'\b{name}\.{method[3]} \(', f'{name}.{method[3]}')
        elif method:
            expect(rf'\b{variable}\.{method[3]}(\.begin)? \(', f'{name}.{method[3]}')
        elif prop:
            expect(rf'\b{variable}\.{prop[1]}\b(?! ?\()', f'{name}:{prop[1]}')
        elif line.startswith('\t\tpublic '):
            problem(f'{name}: what is this? {line.strip()}')


def check_values(name, body):
    for value in re.findall(r'^\t\t([A-Z][A-Z_0-9]*)[,;]?$', body, flags=re.M):
        expect(rf'\b{name}\.{value}\b', f'{name}.{value}')


for kind, name, body in re.findall(
        r'^\tpublic (?:sealed |abstract )?(class|interface|enum|errordomain) (\w+).*?\{\n(.*?)^\t\}', vapi,
        flags=re.M | re.S):
    (check_class if kind in ('class', 'interface') else check_values)(name, body)

# What stands alone.
for name in re.findall(r'^\tpublic (?:const|delegate|static) .*?(\w+)(?: \(.*)?;$', vapi,
                       flags=re.M):
    expect(rf'\b{name}\b', name)

if n_names < 100:
    problem(f'only {n_names} names were found in the vapi')
done(f'{n_names} names')
