#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Imports a folder: hashes every file, finds duplicates, compresses what is worth it, stores the
rest, writes an index. It is one flow, of four nodes for every file. A file that cannot be read
fails its own nodes and nobody else's."""

import argparse
import asyncio
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

ALL_FINISHED = GFlow.FlowRunWhen.ALL_FINISHED


def plan(flow, folder, index_path):
    """Adds all nodes; the functions take the results of the nodes before them."""
    processors = GFlow.FlowLock(name='processors', permits=max(1, os.cpu_count() - 1))
    disk = GFlow.FlowLock(name='disk')

    @flow.node
    def workspace():
        return tempfile.mkdtemp(prefix='importer-')

    def add_examination(label, path):
        @flow.node(name=f'hash {label}')
        def digest():
            content = path.read_bytes()
            return {'path': label, 'size': len(content),
                    'sha256': hashlib.sha256(content).hexdigest()}

        @flow.node(name=f'detect {label}', upstream=digest)
        def detect(file):
            with open(path, 'rb') as stream:
                kind, _uncertain = Gio.content_type_guess(label, stream.read(4096))
            return {**file, 'type': Gio.content_type_get_mime_type(kind)}

        return detect

    def add_storage(label, path, detect):
        @flow.node(name=f'compress {label}', upstream=[detect, originals, workspace],
                   lock=processors)
        def compress(file, originals, workspace):
            stored = Path(workspace, file['sha256'])
            if originals[file['sha256']] != label:
                return {**file, 'original': originals[file['sha256']]}, stored
            if file['size'] < 1024 or not file['type'].startswith('text/'):
                return file, stored
            with open(path, 'rb') as source, gzip.open(stored, 'wb') as target:
                shutil.copyfileobj(source, target)
            return {**file, 'stored': stored.stat().st_size}, stored

        @flow.node(name=f'store {label}', upstream=compress, lock=disk)
        async def store(compressed):
            file, stored = compressed
            if 'original' in file or 'stored' in file:
                return file
            return {**file, 'stored': await copy(path, stored)}

        return store

    labels = {os.fsencode(path.relative_to(folder)).decode(errors='backslashreplace'): path
              for path in sorted(folder.rglob('*')) if path.is_file() and not path.is_symlink()}
    detects = {label: add_examination(label, path) for label, path in labels.items()}

    @flow.node(upstream=detects.values(), run_when=ALL_FINISHED)
    def originals(*files):
        first = {}
        for file in filter(None, files):
            first.setdefault(file['sha256'], file['path'])
        return first

    stores = [add_storage(label, path, detects[label]) for label, path in labels.items()]

    @flow.node(upstream=stores, run_when=ALL_FINISHED)
    def index(run, *files):
        files = [file for file in files if file is not None]
        if not run.get_cancellable().is_cancelled():
            index_path.write_text(json.dumps(files, indent=1))
        return {'files': len(labels), 'unreadable': len(labels) - len(files),
                'duplicates': sum('original' in file for file in files),
                'saved': sum(file['size'] - file.get('stored', 0) for file in files)}

    @flow.node(upstream=[workspace, index], run_when=ALL_FINISHED)
    def clean_up(workspace):
        if workspace is not None:
            shutil.rmtree(workspace)

    return index


async def copy(source, target):
    """Copies with GIO: the event loop goes on meanwhile. Returns the number of bytes."""
    source, target = (Gio.File.new_for_path(os.fspath(path)) for path in (source, target))
    reader = source.read_finish(await gio(source.read_async, GLib.PRIORITY_DEFAULT, None))
    writer = target.replace_finish(await gio(
        target.replace_async, None, False, Gio.FileCreateFlags.NONE, GLib.PRIORITY_DEFAULT, None))
    flags = Gio.OutputStreamSpliceFlags.CLOSE_SOURCE | Gio.OutputStreamSpliceFlags.CLOSE_TARGET
    return writer.splice_finish(await gio(
        writer.splice_async, reader, flags, GLib.PRIORITY_DEFAULT, None))


def gio(start, *arguments):
    """Calls an async function of GIO; its result can be awaited."""
    future = asyncio.get_running_loop().create_future()
    start(*arguments, lambda source, result: future.done() or future.set_result(result))
    return future


def show_progress(run, _property):
    if sys.stdout.isatty():
        print(f'\r\033[K{run.get_fraction():4.0%}', end='', flush=True)


async def main(folder, output):
    flow = GFlow.Flow(name='importer')
    output.mkdir(parents=True, exist_ok=True)
    index = plan(flow, folder, output / 'index.json')
    run = GFlow.FlowRun.new(flow)
    run.set_keep_results(True)
    run.connect('notify::fraction', show_progress)
    start = time.monotonic()
    try:
        await run.execute()
    except (OSError, GLib.Error) as error:  # the first; the run has all
        print(f'\r\033[K{len(list(run.get_errors()))} failed, first: {error}', file=sys.stderr)
    seconds = time.monotonic() - start
    print('\r\033[K' if sys.stdout.isatty() else '', end='')
    for name, value in run[index].items():
        print(f'{name:12}{value:12,}')
    print(f'{"seconds":12}{seconds:12.1f}   {run.get_n_total() / seconds:,.0f} nodes per second')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Imports a folder as one flow.')
    parser.add_argument('folder', nargs='?', type=Path, default=Path('/usr/share/doc'))
    parser.add_argument('-o', '--output', type=Path, default=Path('importer-output'))
    arguments = parser.parse_args()
    try:
        asyncio.run(main(arguments.folder, arguments.output))
    except KeyboardInterrupt:
        print('\nStopped; the temporary folder is removed.')
        sys.exit(130)
