#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The type stubs: they have what there is, no more, and mypy understands programs by them."""

import ast
import inspect
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

TOP = pathlib.Path(__file__).parent.parent.parent
STUBS = TOP / 'bindings' / 'python' / 'gi-stubs' / 'repository' / 'GFlow.pyi'
CLASSES = '''Flow FlowDocument FlowExecutor FlowFileSource FlowGroup FlowHistory FlowLock FlowNode FlowPost
    FlowReader FlowRequest FlowRoute FlowRun FlowSource FlowStep FlowValues FlowWriter'''.split()
# What all objects have, and how iteration is done, is PyGObject's.
SPECIAL = {'__iter__', '__len__', '__bool__'}

GOOD = '''
import gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow

lock = GFlow.Lock()
flow = GFlow.Flow(GFlow.Series(print, GFlow.WithLock(len, lock)), max_threads=2)

@flow.node
def first() -> int:
    return 1

@flow(upstream=[first, 'len'], lock=[lock, GFlow.Semaphore(2)],
      run_when=GFlow.FlowRunWhen.ALL_FINISHED)
async def second(first: int) -> str:
    return str(first)

async def main() -> None:
    async with lock, flow:
        run = await flow.execute(keep_results=True)
    reveal_type(run)
    reveal_type(first)
    reveal_type(second)
    reveal_type(flow[first])
    await GFlow.FlowRun(flow, on_error=GFlow.FlowOnError.STOP).execute()
    flow.execute(None, print)
    async for document in GFlow.source(iter(['a'])):
        reveal_type(document.text)
    async with GFlow.FlowWriter('x.csv') as writer:
        await writer.write(['a', {'id': 'b'}])
    reveal_type(flow.execute_sync().get_node_state(second))
'''
REVEALED = ['gi.repository.GFlow.FlowRun', 'def () -> builtins.int',
            'def (first: builtins.int) -> typing.Coroutine[Any, Any, builtins.str]',
            'gi.repository.GFlow.FlowNode', 'Union[builtins.str, None]',
            'gi.repository.GFlow.FlowNodeState']
BAD = ['flow.node(3)', 'flow.node(colour=3)', 'flow(upstream=3)', 'flow(lock=len)',
       'flow.execute(colour=3)', 'GFlow.Semaphore("2")', 'GFlow.FlowRun()', 'flow.no_such_thing',
       'flow.set_on_error(GFlow.FlowRunWhen.ANY_FAILED)', 'GFlow.Series(3)']


def stub_names(body):
    names = {node.name for node in body
             if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    for node in body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
    return names


class Stubs(unittest.TestCase):
    def setUp(self):
        self.tree = ast.parse(STUBS.read_text())

    def class_body(self, name):
        return next(node.body for node in self.tree.body
                    if isinstance(node, ast.ClassDef) and node.name == name)

    def test_names(self):
        names = {name for name in stub_names(self.tree.body) if not name.startswith('_')}
        here = {name for name in set(dir(GFlow)) | set(sys.modules['gi.overrides.GFlow'].__all__)
                if not name.startswith('_') and not name.endswith(('Func', 'Class', 'Interface'))
                and not name.startswith('flow_source_')}  # statics of an interface, moved
        self.assertEqual(names, here)

    def test_classes(self):
        for name in CLASSES:
            cls = getattr(GFlow, name)
            # Without the interfaces, which have stubs of their own.
            bases = [base for base in cls.__mro__
                     if getattr(GFlow, base.__name__, cls) is cls]
            own = {method.get_name() for base in bases if 'GFlow' in base.__module__
                   for method in (base.__info__.get_methods() if '__info__' in vars(base) else ())}
            for base in bases:
                if 'flow' in base.__module__.lower() and '__info__' not in vars(base):
                    own |= {key for key, value in vars(base).items() if not key.startswith('_')
                            and (callable(getattr(cls, key)) or isinstance(value, property))}
            found = stub_names(self.class_body(name))
            self.assertEqual({key for key in found if not key.startswith('_')}, own, name)
            for key in found - SPECIAL:
                self.assertTrue(hasattr(cls, key), f'{name}.{key}')

    def test_enums(self):
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and node.name not in CLASSES:
                info = getattr(GFlow, node.name).__info__
                values = [value.get_name().upper() for value in info.get_values()]
                self.assertEqual([item.target.id for item in node.body
                                  if isinstance(item, ast.AnnAssign)], values)

    def test_parameters(self):
        """What the overrides take has the same names here; * stands for what C has."""
        for name in CLASSES:
            for node in self.class_body(name):
                method = getattr(getattr(GFlow, name), getattr(node, 'name', ''), None)
                if not inspect.isfunction(inspect.unwrap(method)) or node.name.startswith('__'):
                    continue
                parameters = inspect.signature(method).parameters.values()
                taken = {parameter.name for parameter in parameters}
                if not {'arguments', 'exception'} & taken:
                    for argument in node.args.args:
                        self.assertIn(argument.arg, taken, f'{name}.{node.name}')

    @unittest.skipUnless(shutil.which('mypy'), 'no mypy')
    def test_mypy(self):
        output = self.run_mypy(GOOD)
        self.assertEqual([line for line in output if 'error' in line], [])
        self.assertEqual([line.partition('Revealed type is "')[2][:-1] for line in output
                          if 'Revealed' in line], REVEALED)
        bad = self.run_mypy(GOOD.replace('reveal_type', 'id') + '\n'.join(BAD) + '\n')
        wrong = {int(line.split(':')[1]) for line in bad if ': error:' in line}
        first = GOOD.count('\n') + 1
        self.assertEqual(wrong, set(range(first, first + len(BAD))))

    def run_mypy(self, program):
        with tempfile.TemporaryDirectory() as folder:
            repository = pathlib.Path(folder, 'gi', 'repository')
            repository.mkdir(parents=True)
            (repository.parent / '__init__.pyi').write_text(
                'def require_version(namespace: str, version: str) -> None: ...\n')
            (repository / '__init__.pyi').write_text('')
            for name in 'Gio', 'GLib':  # not ours
                (repository / f'{name}.pyi').write_text(
                    'from typing import Any\ndef __getattr__(name: str) -> Any: ...\n')
            (repository / 'GObject.pyi').write_text(
                'class Object: ...\nclass GInterface: ...\nclass GEnum(int): ...\n')
            shutil.copy(STUBS, repository)
            pathlib.Path(folder, 'program.py').write_text(program)
            done = subprocess.run(['mypy', '--no-color-output', '--no-error-summary',
                                   '--cache-dir', os.devnull, 'program.py'], cwd=folder,
                                  env={**os.environ, 'MYPYPATH': folder, 'PYTHONPATH': ''},
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            return [line for line in done.stdout.splitlines() if line.startswith('program.py')
                    or 'GFlow.pyi' in line or done.returncode > 1]


if __name__ == '__main__':
    unittest.main()
