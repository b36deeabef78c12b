#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Sums up test logs of Meson in one line: N passed, N failed.

Arguments: testlog.json files, and broken:NAME for what could not be built.
"""

import json
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
SKIPPED = {'SKIP'}

passed = failed = skipped = 0
for argument in sys.argv[1:]:
    if argument.startswith('broken:'):
        print(f'FAILED: {argument[len("broken:"):]} could not be built')
        failed += 1
        continue
    with open(argument, encoding='utf-8', errors='replace') as log:
        for line in log:
            test = json.loads(line)
            if test['result'] in PASSED:
                passed += 1
            elif test['result'] in SKIPPED:
                skipped += 1
            else:
                print(f'FAILED: {test["name"]}, {test["result"]} ({argument})')
                failed += 1

if skipped:
    print(f'Skipped: {skipped}')
print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed or not passed else 0)
