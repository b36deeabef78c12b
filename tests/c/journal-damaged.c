/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Journals that are not as they should be, and files that are none. */

#include "resume-small.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* A journal of a run whose last node has failed. */
static GBytes *
small_make_journal (Small *self)
{
  small_assert_runs (self, FALSE, "d", "a b c d");
  return journal_read (&self->journal);
}

static void
test_torn (void)
{
  const char *expected[] = { "a b c d", "b c d", "c d", "d" };
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  guint n_seen[G_N_ELEMENTS (expected)] = { 0 };
  const guint8 *data;
  gsize size;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_bytes_get_data (bytes, &size);
  for (gsize length = 0; length <= size; length++)
    {
      GFlowJournalContent content;
      g_autoptr(GBytes) torn = g_bytes_new_from_bytes (bytes, 0, length);
      guint n_done = 0;

      journal_parse (torn, &content);
      for (guint i = 0; content.outcomes != NULL && i < content.outcomes->len; i++)
        n_done += content.outcomes->pdata[i] != NULL;
      g_assert_cmpuint (content.length, <=, length);
      _g_flow_journal_content_clear (&content);
      n_seen[n_done]++;
      if (n_seen[n_done] > 3 && length % 7 != 0)
        continue;

      /* Twice: what is torn is cut off. */
      journal_write (&small.journal, data, length);
      small_assert_runs (&small, length % 2 == 0, "d", expected[n_done]);
      small_assert_runs (&small, length % 2 == 1, NULL, "d");
    }
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (n_seen[i], >, 0);
  small_clear (&small);
}

/* After a failure of the power the end of a file may be zeros. */
static void
test_zeros (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  for (gsize n = 1; n < 100; n += 13)
    {
      data = g_realloc (data, g_bytes_get_size (bytes) + n);
      memcpy (data, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      memset (data + g_bytes_get_size (bytes), 0, n);
      journal_write (&small.journal, data, g_bytes_get_size (bytes) + n);
      small_assert_runs (&small, FALSE, NULL, "d");
    }
  small_clear (&small);
}

/* Any bit: it is refused, with the place, or only the last record is gone. */
static void
test_damaged (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;
  gsize size;
  guint n_refused = 0, n_dropped = 0;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  size = g_bytes_get_size (bytes);
  data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  for (gsize i = 0; i < size * 8; i++)
    {
      GFlowJournalContent content;
      g_autoptr(GError) error = NULL;

      data[i / 8] ^= 1 << i % 8;
      if (_g_flow_journal_parse (data, size, &content, &error))
        {
          g_assert_nonnull (content.outcomes->pdata[0]);
          g_assert_nonnull (content.outcomes->pdata[1]);
          g_assert_null (content.outcomes->pdata[2]);
          n_dropped++;
        }
      else
        {
          g_autofree char *place = g_strdup_printf ("byte %" G_GSIZE_FORMAT, content.length);

          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE);
          if (i / 8 >= 16)
            {
              test_assert_contains (error->message, place);
              g_assert_cmpuint (content.length, <=, i / 8);
            }
          n_refused++;
        }
      _g_flow_journal_content_clear (&content);

      if (i % 97 == 0)
        {
          journal_write (&small.journal, data, size);
          if (error != NULL)
            {
              g_autoptr(GBytes) after = NULL;

              small_assert_refused (&small, i % 2 == 0, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                                    error->message);
              /* And left alone. */
              after = journal_read (&small.journal);
              g_assert_cmpmem (g_bytes_get_data (after, NULL), g_bytes_get_size (after), data, size);
            }
          else
            {
              small_assert_runs (&small, FALSE, NULL, "c d");
            }
        }
      data[i / 8] ^= 1 << i % 8;
    }
  g_assert_cmpuint (n_refused, >, 1000);
  g_assert_cmpuint (n_dropped, >, 50);
  small_clear (&small);
}

/* Records that are missing, twice, or in another order, each of them good. */
static void
test_rearranged (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  const guint8 *data;
  gsize size, offsets[8];
  guint n = 0;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_bytes_get_data (bytes, &size);
  for (gsize offset = 16; offset < size;)
    {
      guint32 length;

      offsets[n++] = offset;
      memcpy (&length, data + offset, sizeof (length));
      offset += 16 + GUINT32_FROM_LE (length);
    }
  g_assert_cmpuint (n, ==, 4);
  offsets[n] = size;

  for (guint skipped = 1; skipped < 3; skipped++)
    {
      g_autoptr(GByteArray) other = g_byte_array_new ();

      g_byte_array_append (other, data, offsets[skipped]);
      g_byte_array_append (other, data + offsets[skipped + 1], size - offsets[skipped + 1]);
      journal_write (&small.journal, other->data, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  for (guint doubled = 0; doubled < 4; doubled++)
    {
      g_autoptr(GByteArray) other = g_byte_array_new ();

      g_byte_array_append (other, data, offsets[doubled + 1]);
      g_byte_array_append (other, data + offsets[doubled], size - offsets[doubled]);
      journal_write (&small.journal, other->data, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  small_clear (&small);
}

/* Good records that make no sense. */
static void
test_nonsense (void)
{
  const struct
  {
    GFlowJournalKind kind;
    const char      *payload;
  } cases[] = {
    { G_FLOW_JOURNAL_NODE, "(uint32 4, @a{sv} {})" },
    { G_FLOW_JOURNAL_NODE, "(uint32 4294967295, @a{sv} {})" },
    { G_FLOW_JOURNAL_NODE, "'something else'" },
    { G_FLOW_JOURNAL_PLAN, "(@a(sau) [], @a{sv} {})" },
    { G_FLOW_JOURNAL_PLAN, "()" },
    { 77, "()" },
  };
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  GFlowJournalContent content;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  journal_parse (bytes, &content);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GString) other = g_string_new_len (g_bytes_get_data (bytes, NULL),
                                                   g_bytes_get_size (bytes));
      g_autoptr(GVariant) payload = g_variant_parse (NULL, cases[i].payload, NULL, NULL, NULL);
      guint32 chain = content.chain;

      _g_flow_journal_append (other, &chain, cases[i].kind, payload);
      journal_write (&small.journal, (const guint8 *) other->str, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  _g_flow_journal_content_clear (&content);
  small_clear (&small);
}

/* A node before the plan, and something after the end. */
static void
test_wrong_order (void)
{
  Small small;
  g_autoptr(GString) first = g_string_new (NULL);
  g_autoptr(GString) last = g_string_new (NULL);
  g_autoptr(GBytes) finished = NULL;
  GFlowJournalContent content;
  guint32 chain;

  small_init_chain (&small, "a");
  _g_flow_journal_begin (first, &chain);
  _g_flow_journal_append (first, &chain, G_FLOW_JOURNAL_NODE,
                          g_variant_new_parsed ("(uint32 0, @a{sv} {})"));
  journal_write (&small.journal, (const guint8 *) first->str, first->len);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte 16");

  g_remove (small.journal.path);
  small_assert_runs (&small, FALSE, NULL, "a");
  finished = journal_read (&small.journal);
  journal_parse (finished, &content);
  g_string_append_len (last, g_bytes_get_data (finished, NULL), g_bytes_get_size (finished));
  _g_flow_journal_append (last, &content.chain, G_FLOW_JOURNAL_NODE,
                          g_variant_new_parsed ("(uint32 0, @a{sv} {})"));
  journal_write (&small.journal, (const guint8 *) last->str, last->len);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
  _g_flow_journal_content_clear (&content);
  small_clear (&small);
}

/* Files that are no journals */

static void
test_foreign (void)
{
  const char *texts[] = { "\n", "Some text.\n", "\x89PNG\r\n\x1a\n and an image", "\x89GFLOWX" };
  g_autofree guint8 *zeros = g_malloc0 (4096);
  Small small;

  small_init_chain (&small, "a");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GBytes) after = NULL;

      journal_write (&small.journal, (const guint8 *) texts[i], strlen (texts[i]));
      small_assert_refused (&small, i % 2 == 0, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                            "a journal” cannot be used: It is not a journal of a flow");
      after = journal_read (&small.journal);
      g_assert_cmpmem (g_bytes_get_data (after, NULL), g_bytes_get_size (after), texts[i],
                       strlen (texts[i]));
    }
  journal_write (&small.journal, zeros, 4096);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "not a journal");
  small_clear (&small);
}

static void
test_other_version (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;

  small_init_chain (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_memdup2 (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  data[12] = 9;
  journal_write (&small.journal, data, g_bytes_get_size (bytes));
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "in format 9");
  small_clear (&small);
}

static void
test_no_file (void)
{
  Small small;
  g_autofree char *inside = NULL;

  small_init_chain (&small, "a");
  g_assert_cmpint (g_mkdir (small.journal.path, 0700), ==, 0);
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "It cannot be opened");
  g_assert_cmpint (g_rmdir (small.journal.path), ==, 0);

  g_assert_cmpint (mkfifo (small.journal.path, 0600), ==, 0);
  small_assert_refused (&small, TRUE, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                        "It is not a regular file");
  g_assert_cmpint (g_remove (small.journal.path), ==, 0);

  g_clear_object (&small.journal.file);
  inside = g_build_filename (small.journal.path, "inside", NULL);
  small.journal.file = g_file_new_for_path (inside);
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "It cannot be opened");

  g_clear_object (&small.journal.file);
  small.journal.file = g_file_new_for_uri ("resource:///journal");
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                        "is not a local file");
  small_assert_refused (&small, TRUE, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "is not a local file");
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/journal/torn", test_torn);
  g_test_add_func ("/journal/zeros", test_zeros);
  g_test_add_func ("/journal/damaged", test_damaged);
  g_test_add_func ("/journal/rearranged", test_rearranged);
  g_test_add_func ("/journal/nonsense", test_nonsense);
  g_test_add_func ("/journal/wrong-order", test_wrong_order);
  g_test_add_func ("/journal/foreign", test_foreign);
  g_test_add_func ("/journal/other-version", test_other_version);
  g_test_add_func ("/journal/no-file", test_no_file);

  return g_test_run ();
}
