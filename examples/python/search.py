#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Searches the text files of a folder, such as /usr/share/doc.

Files are read, cleaned, taken apart into words, by two workers, and indexed. Then each query is a
request to the same flow, which goes to the index only.
"""

import argparse
import collections
import gzip
import math
import re
import sys
import unicodedata
import zlib

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow, Gio

REQUEST_SIZE = 20
WORD = re.compile(r'[^\W_]+')


def clean(text):
    """A word is the same however it is written."""
    return unicodedata.normalize('NFC', text.casefold())


def words_of(text):
    """How often each word is in the text."""
    return collections.Counter(word for word in WORD.findall(text) if len(word.encode()) >= 2)


class Reader(GFlow.FlowExecutor):
    @GFlow.requests(on='/index')
    def read(self, docs):
        """What cannot be read, or is no text, is left out."""
        kept = []
        for doc in docs:
            path = Gio.File.new_for_uri(doc.uri).get_path()
            try:
                with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
                    doc.text = file.read().decode()
            except (OSError, EOFError, UnicodeDecodeError, ValueError, zlib.error):
                continue
            kept.append(doc)
        return kept


class Cleaner(GFlow.FlowExecutor):
    @GFlow.requests(on='/index')
    def clean(self, docs):
        for doc in docs:
            doc.text = clean(doc.text)


class Tokeniser(GFlow.FlowExecutor):
    @GFlow.requests(on='/index')
    def take_apart(self, docs):
        for doc in docs:
            doc.tags = {'words': dict(words_of(doc.text))}
            doc.text = None


class Index(GFlow.FlowExecutor):
    """Serves one request at a time, and needs no lock."""

    def __init__(self, folder='', **kwargs):
        super().__init__(**kwargs)
        self.folder = Gio.File.new_for_commandline_arg(folder)
        self.paths = []
        self.words = collections.defaultdict(list)

    @GFlow.requests(on='/index')
    def add(self, docs):
        for doc in docs:
            for word, n_times in doc.tags['words'].items():
                self.words[word].append((len(self.paths), n_times))
            self.paths.append(self.folder.get_relative_path(Gio.File.new_for_uri(doc.uri)))

    @GFlow.requests(on='/search')
    def search(self, docs, parameters):
        """The files in which all words are: what is in few files, and often in one, counts more."""
        words = words_of(clean(parameters['query']))
        scores, n_words = collections.Counter(), collections.Counter()
        for word in words:
            places = self.words.get(word, [])
            for file, n_times in places:
                scores[file] += (1 + math.log(n_times)) * math.log(1 + len(self.paths) / len(places))
                n_words[file] += 1
        hits = sorted((-score, self.paths[file]) for file, score in scores.items()
                      if n_words[file] == len(words))
        for score, path in hits[:parameters['limit']]:
            docs.append(GFlow.FlowDocument(text=path, tags={'score': -score}))
        return {'n_hits': len(hits), 'n_files': len(self.paths), 'n_words': len(self.words)}


def main():
    parser = argparse.ArgumentParser(description='Searches text files.')
    parser.add_argument('-p', '--pattern', default='**/*', help='which files')
    parser.add_argument('-n', '--limit', type=int, default=5, help='how many answers to a query')
    parser.add_argument('folder')
    parser.add_argument('query', nargs='+')
    options = parser.parse_args()

    flow = (GFlow.Flow()
            .add(name='read', uses=Reader)
            .add(name='clean', uses=Cleaner)
            .add(name='take-apart', uses=Tokeniser, parallel=2)
            .add(name='index', uses=Index, uses_with={'folder': options.folder}))

    def files():
        folder = Gio.File.new_for_commandline_arg(options.folder)
        source = GFlow.FlowFileSource.new(folder, options.pattern)
        source.set_skip_bad(True)
        return source

    def count_requests():
        source, n = files(), 0
        while found := source.next_sync(1000, None):
            n += len(found)
        return -(-n // REQUEST_SIZE)

    shows = sys.stderr.isatty()
    with flow:
        flow.post('/index', files(), request_size=REQUEST_SIZE, show_progress=shows,
                  n_total=count_requests() if shows else None)
        for number, query in enumerate(options.query):
            answer, = flow.post('/search', parameters={'query': query, 'limit': options.limit},
                                return_results=True)
            result = answer.dup_result('index').unpack()
            if number == 0:
                print(f'{result["n_files"]} files, {result["n_words"]} words')
            print(f'\n“{query}”: {result["n_hits"]} found')
            for doc in answer.docs:
                print(f'{doc.tags["score"]:6.2f}  {doc.text}')


if __name__ == '__main__':
    main()
