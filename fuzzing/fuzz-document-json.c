/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Documents in JSON, one or a list: what is read is written, and then read as the
 * same. */

#include "fuzz.h"

static void
check (GFlowDocument *document)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *json = g_flow_document_to_json (document, &error);

  g_assert_no_error (error);

  g_autoptr(GFlowDocument) again = g_flow_document_new_from_json (json, &error);

  g_assert_no_error (error);
  g_assert_true (g_flow_document_equal (document, again));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t        size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) list_error = NULL;
  g_autoptr(GFlowDocument) document = g_flow_document_new_from_json (text, &error);
  g_autoptr(GListModel) documents = g_flow_document_list_from_json (text, &list_error);

  fuzz_assert_outcome (document != NULL, error);
  fuzz_assert_outcome (documents != NULL, list_error);
  if (document != NULL)
    check (document);
  for (guint i = 0; documents != NULL && i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr(GFlowDocument) item = g_list_model_get_item (documents, i);

      check (item);
    }
  return 0;
}
