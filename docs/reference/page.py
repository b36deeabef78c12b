#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes a page of docs/ one of the manual: page.py INPUT OUTPUT

gi-docgen wants the title in a line of its own, and pages link to each other by other names there."""

import re
import sys

with open(sys.argv[1], encoding='utf-8') as file:
    text = file.read()
text = re.sub(r'<!-- .*? -->\n', '', text, flags=re.S).lstrip()
text = re.sub(r'\A# (.*)\n', r'Title: \1\n', text)
text = re.sub(r'\]\((\w+)\.md\)', r'](\1.html)', text)
with open(sys.argv[2], 'w', encoding='utf-8') as file:
    file.write(text)
