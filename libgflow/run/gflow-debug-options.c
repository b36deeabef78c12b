/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-debug-private.h"

#include <string.h>

/* Reading the words of GFLOW_DEBUG. What is said here is for who sets the variable, and is
 * not translated, as with G_DEBUG, and is ASCII: the locale may not be set. */

static gboolean
set_flag (gboolean *flag)
{
  *flag = TRUE;
  return TRUE;
}

static gboolean
parse_help (GFlowDebugOptions *options,
            const char        *value)
{
  return set_flag (&options->help);
}

static gboolean
parse_schedule (GFlowDebugOptions *options,
                const char        *value)
{
  return set_flag (&options->schedule);
}

static gboolean
parse_locks (GFlowDebugOptions *options,
             const char        *value)
{
  return set_flag (&options->locks);
}

static gboolean
parse_trace (GFlowDebugOptions *options,
             const char        *value)
{
  if (*value == '\0')
    return FALSE;

  g_free (options->trace);
  options->trace = g_strdup (value);
  return TRUE;
}

static gboolean
parse_shuffle (GFlowDebugOptions *options,
               const char        *value)
{
  return g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &options->seed, NULL) &&
         set_flag (&options->shuffle);
}

static gboolean
parse_fail (GFlowDebugOptions *options,
            const char        *value)
{
  if (*value == '\0')
    return FALSE;

  g_ptr_array_add (options->failing, g_pattern_spec_new (value));
  return TRUE;
}

static gboolean
parse_cancel_after (GFlowDebugOptions *options,
                    const char        *value)
{
  guint64 n;

  if (!g_ascii_string_to_unsigned (value, 10, 1, G_MAXUINT, &n, NULL))
    return FALSE;

  options->cancel_after = n;
  return TRUE;
}

/* The name may have colons, the time has none. */
static gboolean
parse_delay (GFlowDebugOptions *options,
             const char        *value)
{
  const char *colon = strrchr (value, ':');
  guint64 n;

  if (colon == NULL || colon == value ||
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXINT, &n, NULL))
    return FALSE;

  g_autofree char *name = g_strndup (value, colon - value);
  const guint msec = n;

  g_ptr_array_add (options->delayed, g_pattern_spec_new (name));
  g_array_append_val (options->delays, msec);
  return TRUE;
}

static const struct
{
  const char *name;
  const char *value; /* (nullable): how it is called in the help; none is wanted */
  gboolean  (*parse) (GFlowDebugOptions *options,
                      const char        *value);
  const char *help;
} words[] = {
  { "help", NULL, parse_help, "print this list" },
  { "schedule", NULL, parse_schedule, "tell when runs and nodes start and end" },
  { "locks", NULL, parse_locks, "tell when nodes wait for locks, and have them" },
  { "trace", "FILE", parse_trace, "write when nodes ran into FILE, for Perfetto" },
  { "shuffle", "SEED", parse_shuffle, "run nodes that are ready in another order" },
  { "fail", "NODE", parse_fail, "have nodes fail in place of being run" },
  { "cancel-after", "N", parse_cancel_after, "cancel each run when N of its nodes have ended" },
  { "delay", "NODE:MS", parse_delay, "have nodes wait for so many milliseconds before they are run" },
};

static void
append_help (GString *text)
{
  g_string_append (text, "GFLOW_DEBUG may have these words, separated by commas:\n");
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *usage = words[i].value != NULL
                                 ? g_strconcat (words[i].name, "=", words[i].value, NULL)
                                 : g_strdup (words[i].name);

      g_string_append_printf (text, "  %-16s %s\n", usage, words[i].help);
    }
  g_string_append (text, "NODE is the name of a node; * and ? in it stand for others.\n");
}

static void
append_unknown (GString    *text,
                const char *word)
{
  g_string_append_printf (text, "GFLOW_DEBUG: unknown word \"%s\"; known are", word);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    g_string_append_printf (text, "%s %s", i > 0 ? "," : "", words[i].name);
  g_string_append_c (text, '\n');
}

static void
parse_word (GFlowDebugOptions *options,
            char              *word,
            GString           *complaints)
{
  char *value = strchr (word, '=');
  const gsize length = value != NULL ? (gsize) (value - word) : strlen (word);

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (strlen (words[i].name) != length || strncmp (words[i].name, word, length) != 0)
        continue;
      if (words[i].value != NULL && (value == NULL || !words[i].parse (options, value + 1)))
        g_string_append_printf (complaints, "GFLOW_DEBUG: \"%s\" should be %s=%s\n", word,
                                words[i].name, words[i].value);
      else if (words[i].value == NULL && value != NULL)
        g_string_append_printf (complaints, "GFLOW_DEBUG: \"%s\" should be %s\n", word,
                                words[i].name);
      else if (words[i].value == NULL)
        words[i].parse (options, NULL);
      return;
    }
  append_unknown (complaints, word);
}

/* Reads the words in @text; what cannot be read is named in @complaints, and left out. */
GFlowDebugOptions *
_g_flow_debug_parse (const char *text,
                     GString    *complaints)
{
  GFlowDebugOptions *options = g_new0 (GFlowDebugOptions, 1);
  g_auto(GStrv) parts = g_strsplit (text, ",", -1);

  options->failing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  options->delayed = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  options->delays = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; parts[i] != NULL; i++)
    if (*g_strstrip (parts[i]) != '\0')
      parse_word (options, parts[i], complaints);
  if (options->help)
    append_help (complaints);
  return options;
}

void
_g_flow_debug_free (GFlowDebugOptions *options)
{
  g_ptr_array_unref (options->failing);
  g_ptr_array_unref (options->delayed);
  g_array_unref (options->delays);
  g_free (options->trace);
  g_free (options);
}
