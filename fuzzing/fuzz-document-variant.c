/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Documents as GVariant, as they come from a file or the network: what is read is
 * written, and then read as the same. */

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t        size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(GVariant) variant = g_variant_ref_sink (g_variant_new_from_bytes (
    G_VARIANT_TYPE ("aa{sv}"), bytes, FALSE));
  g_autoptr(GError) error = NULL;
  g_autoptr(GListModel) documents = g_flow_document_list_from_variant (variant, &error);

  fuzz_assert_outcome (documents != NULL, error);
  if (documents == NULL)
    return 0;

  g_autoptr(GVariant) written = g_flow_document_list_to_variant (documents);
  g_autoptr(GListModel) again = g_flow_document_list_from_variant (written, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (again), ==, g_list_model_get_n_items (documents));
  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr(GFlowDocument) before = g_list_model_get_item (documents, i);
      g_autoptr(GFlowDocument) after = g_list_model_get_item (again, i);

      g_assert_true (g_flow_document_equal (before, after));
    }
  return 0;
}
