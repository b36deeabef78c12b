# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How notebooks show flows and runs: as a picture, if Graphviz is there, or as Mermaid text."""

import shutil
import subprocess


class Shown:
    """For classes with _pictured(): the flow, and the run whose states colour it, or None."""

    def _repr_svg_(self):
        if shutil.which('dot') is None:
            return None
        flow, run = self._pictured()
        try:
            made = subprocess.run(['dot', '-Tsvg'], input=flow.to_dot(run), timeout=20, check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  encoding='utf-8')
        except (OSError, subprocess.SubprocessError):
            return None  # the text is shown instead
        return made.stdout[made.stdout.index('<svg'):]

    def _repr_markdown_(self):
        flow, run = self._pictured()
        return f'```mermaid\n{flow.to_mermaid(run)}```\n'
