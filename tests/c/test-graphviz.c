/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What Graphviz makes of flows. */

#include "test-graphviz.h"

#include <string.h>

/* All texts and tooltips of the picture, each on a line */
static void
svg_text_cb (GMarkupParseContext  *context,
             const char           *text,
             gsize                 length,
             gpointer              user_data,
             GError              **error)
{
  const char *element = g_markup_parse_context_get_element (context);

  if (g_strcmp0 (element, "text") == 0)
    g_string_append_printf (user_data, "%.*s\n", (int) length, text);
}

static void
svg_start_cb (GMarkupParseContext  *context,
              const char           *element,
              const char          **names,
              const char          **values,
              gpointer              user_data,
              GError              **error)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], "xlink:title"))
      g_string_append_printf (user_data, "%s\n", values[i]);
}

char *
test_draw_svg (const char *dot)
{
  const GMarkupParser parser = { .start_element = svg_start_cb, .text = svg_text_cb };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *svg = NULL;
  GString *texts = g_string_new (NULL);

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error, "dot", "-Tsvg", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, dot, NULL, &svg, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));

  context = g_markup_parse_context_new (&parser, 0, texts, NULL);
  g_markup_parse_context_parse (context, svg, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);

  return g_string_free (texts, FALSE);
}

gboolean
test_have_graphviz (void)
{
  g_autofree char *program = g_find_program_in_path ("dot");

  return program != NULL;
}

/* Where Graphviz puts a node: how far from the left, and from the bottom. */
void
test_find_place (const char *dot,
                 const char *id,
                 double     *x,
                 double     *y)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *start = g_strdup_printf ("\nnode %s ", id);
  char *found;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error, "dot", "-Tplain", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, dot, NULL, &plain, NULL, &error);
  g_assert_no_error (error);
  found = strstr (plain, start);
  g_assert_nonnull (found);
  *x = g_ascii_strtod (found + strlen (start), &found);
  *y = g_ascii_strtod (found, NULL);
}
