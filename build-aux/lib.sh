# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the scripts of this folder share; to be sourced by bash.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The tools of the distribution come first: another Python in PATH may lack PyGObject, and a Meson
# installed for it would ask that Python.
first_of () {
  local candidate
  for candidate in "$@"; do
    if command -v "$candidate" > /dev/null 2>&1; then
      echo "$candidate"
      return 0
    fi
  done
  echo "$1"
}

python3=$(first_of /usr/bin/python3 python3)
meson=$(first_of /usr/bin/meson meson)

say () {
  printf '\n== %s\n' "$*"
}

# configure FOLDER OPTION… : sets up a build folder, or sees to it that it has these options.
configure () {
  local folder=$1
  shift
  if [ -f "$top/$folder/build.ninja" ]; then
    "$meson" configure "$top/$folder" "$@" > /dev/null 2>&1 && return 0
    # Made by another Meson, or half made: start again.
    rm -rf "${top:?}/$folder"
  fi
  "$meson" setup "$top/$folder" "$top" "$@"
}

# build FOLDER [TARGET…]
build () {
  local folder=$1
  shift
  "$meson" compile -C "$top/$folder" "$@"
}
