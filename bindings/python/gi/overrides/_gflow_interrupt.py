# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ctrl-C while the main thread blocks in C.

Python handles signals between two bytecodes, of which a blocking call has none: a thread is told
of them, and ends the call. Everywhere in it but in bodies an exception would be lost in the C code
around, so KeyboardInterrupt is raised when nothing of the call runs any more."""

import contextlib
import os
import signal
import threading

_ends = []       # what ends each of the blocking calls of the main thread: the outermost first
_interrupts = 0  # how many there were
_watcher = None


class _Bodies(threading.local):
    depth = 0  # how many Python bodies this thread is in


bodies = _Bodies()


def _end_all():
    for end in list(_ends):
        end()


class _Watcher:
    """The thread. It stays: to start one takes longer than most flows."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        self.outer = -1  # where the application itself is told of signals
        self.thread = threading.Thread(target=self._watch, name='gflow-signals', daemon=True)
        self.thread.start()

    def _watch(self):
        for number in iter(lambda: os.read(self.reader, 1), b''):
            if self.outer != -1:
                with contextlib.suppress(OSError):
                    os.write(self.outer, number)
            if number[0] == signal.SIGINT:
                _end_all()

    def close(self):
        """Returns when all that was written has been handled."""
        os.close(self.writer)
        self.thread.join()
        os.close(self.reader)


def _forget():
    """In a forked process: threads stay behind, and the pipe is that of the parent."""
    global _watcher
    _watcher = None
    if _ends:
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_forget)


def _interrupt(number, frame):
    global _interrupts
    _interrupts += 1
    _end_all()
    if bodies.depth > 0:
        signal.default_int_handler(number, frame)


@contextlib.contextmanager
def _watching():
    global _watcher
    before = _interrupts
    if _watcher is None:
        _watcher = _Watcher()
    signal.signal(signal.SIGINT, _interrupt)
    outer = _watcher.outer = signal.set_wakeup_fd(_watcher.writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(outer)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # handles what came before
        if _interrupts != before or outer != -1:
            # What is still in the pipe must neither be lost nor end the next call.
            watcher, _watcher = _watcher, None
            watcher.close()


@contextlib.contextmanager
def interruptible(end):
    """Around a blocking call that end() ends: Ctrl-C does, and raises KeyboardInterrupt.

    An application that handles SIGINT in its own way goes on doing so."""
    if (threading.current_thread() is not threading.main_thread() or
            not _ends and signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield
        return
    before, n_outer, depth = _interrupts, len(_ends), bodies.depth
    try:
        _ends.append(end)
        bodies.depth = 0
        with contextlib.nullcontext() if n_outer > 0 else _watching():
            yield
    finally:
        bodies.depth = depth
        del _ends[n_outer:]
        if _interrupts != before:
            raise KeyboardInterrupt
