/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gflow.h>

G_BEGIN_DECLS

/* What Graphviz makes of a text that is in its language. */

gboolean  test_have_graphviz (void);

/* All texts and tooltips of the picture, each on a line. */
char     *test_draw_svg      (const char *dot) G_GNUC_WARN_UNUSED_RESULT;

/* Where it puts a node: how far from the left, and from the bottom. */
void      test_find_place    (const char *dot,
                              const char *id,
                              double     *x,
                              double     *y);

G_END_DECLS
