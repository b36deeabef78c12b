#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""That run, report and plot work, from measuring to the page and the picture.

Arguments: the folders of the benchmark programs and of the library.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))


def call(tool, *arguments):
    return subprocess.run([sys.executable, os.path.join(HERE, tool), *arguments], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def count_rows(text):
    """Of the Markdown tables, without their headers."""
    return len(re.findall(r"^\| chain ", text, flags=re.M))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        figures, page, picture = (os.path.join(scratch, name) for name in ("json", "md", "svg"))
        some = ["sync", "scaling", "--graph", "chain", "--quick", "--rounds", "1", "--peers",
                "flow,seq", "--body", "verify", "--build-dir", sys.argv[1], "--json", figures]
        printed = call("run", *some)
        call("run", *some, "--append")

        # Two of the section sync, with two peers; four of the section scaling, with one.
        with open(figures, encoding="utf-8") as file:
            answers = json.load(file)["answers"]
        assert len(answers) == 2 * (2 * 2 + 4), len(answers)
        assert {answer["round"] for answer in answers} == {0, 1}
        assert count_rows(printed) > 0
        assert count_rows(call("report", figures)) == count_rows(printed)

        # The same library once more, as the one before.
        compared = call("run", "sync", "--graph", "chain", "--quick", "--rounds", "1", "--peers",
                        "flow", "--build-dir", sys.argv[1], "--before", sys.argv[2])
        assert re.search(r"^\| sync +\| chain +\| +1 \| +1 \| +[0-9.]+× \| +[0-9.]+× \|$", compared,
                         flags=re.M), compared

        with open(page, "w", encoding="utf-8") as file:
            file.write("before\n<!-- table: sync -->\nold\n<!-- end of table -->\nafter\n")
        for _ in range(2):
            call("report", figures, "--update", page)
            with open(page, encoding="utf-8") as file:
                text = file.read()
            assert text.startswith("before\n<!-- table: sync -->\n\n| graph"), text
            assert text.endswith(" |\n\n<!-- end of table -->\nafter\n"), text
            assert count_rows(text) == 2, text

        call("plot", figures, "--output", picture)
        name_space = "{http://www.w3.org/2000/svg}"
        lines = [line for line in ElementTree.parse(picture).iter(name_space + "polyline")
                 if line.get("points")]
        # Time of all four sizes, and memory of those that are large enough.
        assert sorted(len(line.get("points").split()) for line in lines) == [3, 4], lines


if __name__ == "__main__":
    main()
