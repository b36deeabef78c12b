# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What benchmarks/run, benchmarks/report and benchmarks/plot share."""
