#!/bin/sh
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# typescript.sh TS-FOR-GIR TSC GJS GIR-FOLDER SOURCE DEFINITIONS…
#
# Checks the program with the definitions, translates and runs it. The packages that they refer to
# are made from the GIR files of this machine, as those of npm are.

set -eu

ts_for_gir=$1 tsc=$2 gjs=$3 gir_folder=$4
shift 4

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/node_modules/@girs"
cp "$@" "$scratch"
cd "$scratch"

"$ts_for_gir" generate Gio-2.0 --girDirectories "$gir_folder" --package \
  --outdir node_modules/@girs > generated.log 2>&1 || { cat generated.log; exit 1; }

"$tsc" --strict --target es2022 --module esnext --moduleResolution bundler --types @girs/gjs \
  --lib es2022 --outDir translated ./*.ts

"$gjs" -m translated/typed.js
