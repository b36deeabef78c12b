/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-request.h"

#include <string.h>

char *
test_texts_of (GFlowRequest *request)
{
  GListModel *documents = g_flow_request_get_documents (request);
  GString *texts = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      const char *text = g_flow_document_get_text (document);

      g_string_append_printf (texts, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "");
    }
  return g_string_free (texts, FALSE);
}

char *
test_routes_of (GFlowRequest *request)
{
  GListModel *routes = g_flow_request_get_routes (request);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (routes); i++)
    {
      g_autoptr (GFlowRoute) route = g_list_model_get_item (routes, i);

      g_string_append_printf (text, "%s%s=%s", i > 0 ? " " : "", g_flow_route_get_name (route),
                              test_node_state_name (g_flow_route_get_state (route)));
      if (g_flow_route_get_error (route) != NULL)
        g_string_append_c (text, '!');
    }
  return g_string_free (text, FALSE);
}

static int
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(char **) a, *(char **) b);
}

static char *
print_dict (GVariant *dict)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autofree char *text = g_variant_print (value, FALSE);

      g_ptr_array_add (texts, g_strdup_printf ("%s=%s", name, text));
    }
  g_ptr_array_sort (texts, compare_strings);
  g_ptr_array_add (texts, NULL);
  return g_strjoinv (",", (char **) texts->pdata);
}

char *
test_request_text (GFlowRequest *request)
{
  GListModel *documents = g_flow_request_get_documents (request);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      g_autofree char *tags = print_dict (g_flow_document_get_tags (document));

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", g_flow_document_get_text (document));
      if (*tags != '\0')
        g_string_append_printf (text, "{%s}", tags);
    }
  return g_string_free (text, FALSE);
}

char *
test_request_results (GFlowRequest *request)
{
  g_autoptr (GVariant) results = g_flow_request_dup_results (request);

  return print_dict (results);
}
