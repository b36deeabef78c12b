/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Journals as they are found in a file. Any change of a byte shows in a checksum, so that
 * nothing behind these would ever be tried: therefore the records are also read with
 * checksums that are right. What is read is written, and then read as the same. */

#include "fuzz.h"

#include <string.h>

#include "run/gflow-journal-format-private.h"
#include "run/gflow-save-private.h"

#define START_SIZE 16
#define HEAD_SIZE 16

/* What a run does with it. */
static void
use (GFlowJournalContent *content)
{
  g_autoptr(GError) error = NULL;
  g_autofree guint32 *numbers = NULL;

  if (content->picture == NULL)
    return;

  numbers = _g_flow_save_match (content->picture, content->picture, &error);
  fuzz_assert_outcome (numbers != NULL, error);
  for (guint i = 0; numbers != NULL && i < content->outcomes->len; i++)
    g_assert_cmpuint (numbers[i], ==, i);
  for (guint i = 0; i < content->outcomes->len; i++)
    {
      GVariant *outcome = content->outcomes->pdata[i];
      g_auto(GValue) value = G_VALUE_INIT;
      g_auto(GStrv) choice = NULL;

      if (outcome == NULL)
        continue;

      choice = _g_flow_outcome_dup_choice (outcome);
      _g_flow_outcome_is_skipped (outcome);
      if (_g_flow_outcome_get_result (outcome, &value))
        g_assert_true (_g_flow_outcome_has_result (outcome));
    }
}

static void
write_again (GFlowJournalContent *content,
             GString             *bytes)
{
  guint32 chain;

  _g_flow_journal_begin (bytes, &chain);
  if (content->picture == NULL)
    return;

  g_assert_true (_g_flow_journal_append (bytes, &chain, G_FLOW_JOURNAL_PLAN,
                                         g_variant_new ("(@a(sau)@a{sv})", content->picture,
                                                        content->parameters)));
  for (guint i = 0; i < content->outcomes->len; i++)
    if (content->outcomes->pdata[i] != NULL)
      g_assert_true (_g_flow_journal_append (bytes, &chain, G_FLOW_JOURNAL_NODE,
                                             g_variant_new ("(u@a{sv})", i,
                                                            content->outcomes->pdata[i])));
  for (guint i = 0; i < content->items->len; i++)
    g_assert_true (_g_flow_journal_append (bytes, &chain, G_FLOW_JOURNAL_ITEM,
                                           content->items->pdata[i]));
  if (content->complete)
    g_assert_true (_g_flow_journal_append (bytes, &chain, G_FLOW_JOURNAL_END,
                                           g_variant_new ("()")));
}

static void
assert_same (GVariant *a,
             GVariant *b)
{
  g_assert_true ((a == NULL) == (b == NULL));
  if (a != NULL)
    g_assert_cmpvariant (a, b);
}

static void
check_again (GFlowJournalContent *content)
{
  g_autoptr(GString) bytes = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  GFlowJournalContent again;

  write_again (content, bytes);
  _g_flow_journal_parse ((const guint8 *) bytes->str, bytes->len, &again, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again.length, ==, bytes->len);
  g_assert_cmpint (again.complete, ==, content->complete);
  assert_same (again.picture, content->picture);
  assert_same (again.parameters, content->parameters);
  for (guint i = 0; content->outcomes != NULL && i < content->outcomes->len; i++)
    assert_same (again.outcomes->pdata[i], content->outcomes->pdata[i]);
  for (guint i = 0; content->items != NULL && i < content->items->len; i++)
    assert_same (again.items->pdata[i], content->items->pdata[i]);
  _g_flow_journal_content_clear (&again);
}

static void
try (const guint8 *data,
     gsize         size)
{
  GFlowJournalContent content;
  g_autoptr(GError) error = NULL;
  const gboolean good = _g_flow_journal_parse (data, size, &content, &error);

  fuzz_assert_outcome (good, error);
  g_assert_cmpuint (content.length, <=, size);
  if (good)
    {
      use (&content);
      check_again (&content);
    }
  _g_flow_journal_content_clear (&content);
}

static guint32
read_number (const guint8 *data)
{
  guint32 number;

  memcpy (&number, data, sizeof (number));
  return GUINT32_FROM_LE (number);
}

/* The same records, with the right checksums. */
static void
repair (const guint8 *data,
        gsize         size,
        GString      *bytes)
{
  guint32 chain;

  _g_flow_journal_begin (bytes, &chain);
  for (gsize offset = START_SIZE; offset + HEAD_SIZE <= size;)
    {
      const guint32 kind = read_number (data + offset + 4);
      const gsize length = MIN (read_number (data + offset), size - offset - HEAD_SIZE);
      g_autoptr(GBytes) payload = g_bytes_new (data + offset + HEAD_SIZE, length);

      /* As bytes, because nothing may be made better in it. */
      _g_flow_journal_append (bytes, &chain, kind,
                              g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, payload, TRUE));
      offset += HEAD_SIZE + length;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t        size)
{
  g_autoptr(GString) bytes = g_string_new (NULL);

  try (data, size);
  repair (data, size, bytes);
  try ((const guint8 *) bytes->str, bytes->len);
  return 0;
}
