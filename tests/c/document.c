/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowDocument: what it holds, notifies and compares. */

#include "test-util.h"

static GVariant *
tags_of (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
}

static void
test_empty (void)
{
  TestLife life;

  test_life_init (&life);

  g_autoptr(GFlowDocument) document = g_flow_document_new ();

  test_life_watch (&life, document);
  g_assert_null (g_flow_document_get_id (document));
  g_assert_null (g_flow_document_get_text (document));
  g_assert_null (g_flow_document_get_blob (document));
  g_assert_null (g_flow_document_get_uri (document));
  g_assert_null (g_flow_document_get_mime_type (document));
  g_assert_cmpuint (g_variant_n_children (g_flow_document_get_tags (document)), ==, 0);
  g_assert_null (g_flow_document_dup_tag (document, "none"));
  g_clear_object (&document);
  test_life_assert_over (&life);
}

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  test_log_add (user_data, pspec->name);
}

/* A change notifies, once; no change does not. */
static void
test_notify (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  g_autoptr(GBytes) blob = g_bytes_new_static ("ab", 2);
  g_autoptr(GBytes) same = g_bytes_new_static ("ab", 2);
  g_autoptr(GVariant) tags = tags_of ("@a{sv} {'n': <1>}");
  const char *names[] = { "id", "text", "blob", "uri", "mime-type", "tags" };
  TestLog log;

  test_log_init (&log);
  g_signal_connect (document, "notify", G_CALLBACK (count_cb), &log);
  for (guint i = 0; i < 2; i++)
    {
      g_object_set (document, "id", "a", "text", "b", "blob", i == 0 ? blob : same,
                    "uri", "c:d", "mime-type", "text/plain", "tags", tags, NULL);
      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        g_assert_cmpuint (test_log_count (&log, names[j]), ==, 1);
    }
  g_assert_true (g_flow_document_get_blob (document) == blob);
  g_object_set (document, "id", NULL, "text", NULL, "blob", NULL, "uri", NULL,
                "mime-type", NULL, "tags", NULL, NULL);
  for (guint j = 0; j < G_N_ELEMENTS (names); j++)
    g_assert_cmpuint (test_log_count (&log, names[j]), ==, 2);
  test_log_clear (&log);
}

static void
test_tags (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  g_autoptr(GVariant) value = NULL;
  g_autofree char *text = NULL;

  g_flow_document_set_tag (document, "a", g_variant_new_int64 (1));
  g_flow_document_set_tag (document, "b", g_variant_new_string ("x"));
  g_flow_document_set_tag (document, "a", g_variant_new_int64 (2));
  text = g_variant_print (g_flow_document_get_tags (document), FALSE);
  g_assert_cmpstr (text, ==, "{'a': <int64 2>, 'b': <'x'>}");
  value = g_flow_document_dup_tag (document, "a");
  g_assert_cmpint (g_variant_get_int64 (value), ==, 2);
  g_flow_document_set_tag (document, "a", NULL);
  g_flow_document_set_tag (document, "none", NULL);
  g_assert_null (g_flow_document_dup_tag (document, "a"));
  g_assert_cmpuint (g_variant_n_children (g_flow_document_get_tags (document)), ==, 1);
}

static void
test_copy (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new_for_text ("text");
  g_autoptr(GBytes) blob = g_bytes_new_static ("\0\1", 2);
  g_autoptr(GFlowDocument) copy = NULL;
  const char *names[] = { "id", "text", "uri", "mime-type" };

  g_flow_document_set_blob (document, blob);
  g_flow_document_set_tag (document, "n", g_variant_new_int64 (1));
  copy = g_flow_document_copy (document);
  g_assert_true (g_flow_document_equal (document, copy));
  g_assert_true (g_flow_document_equal (document, document));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GFlowDocument) other = g_flow_document_copy (document);

      g_object_set (other, names[i], "other", NULL);
      g_assert_false (g_flow_document_equal (document, other));
      g_assert_true (g_flow_document_equal (document, copy));
    }
  g_flow_document_set_blob (copy, NULL);
  g_assert_false (g_flow_document_equal (document, copy));
  g_flow_document_set_blob (copy, blob);
  g_assert_true (g_flow_document_equal (document, copy));
  /* 1 is not 1.0, nor another 1. */
  g_flow_document_set_tag (copy, "n", g_variant_new_double (1));
  g_assert_false (g_flow_document_equal (document, copy));
  g_flow_document_set_tag (copy, "n", g_variant_new_int32 (1));
  g_assert_false (g_flow_document_equal (document, copy));
}

/* The order of tags means nothing, also inside. */
static void
test_order_of_tags (void)
{
  g_autoptr(GFlowDocument) a = g_flow_document_new ();
  g_autoptr(GFlowDocument) b = g_flow_document_new ();
  g_autoptr(GVariant) first = tags_of ("@a{sv} {'d': <@a{sv} {'x': <1>, 'y': <2>}>, 'e': <3>}");
  g_autoptr(GVariant) second = tags_of ("@a{sv} {'e': <3>, 'd': <@a{sv} {'y': <2>, 'x': <1>}>}");
  g_autoptr(GVariant) third = tags_of ("@a{sv} {'e': <3>, 'd': <@a{sv} {'y': <1>, 'x': <2>}>}");
  g_autoptr(GVariant) fourth = tags_of ("@a{sv} {'e': <3>, 'f': <3>}");

  g_flow_document_set_tags (a, first);
  g_flow_document_set_tags (b, second);
  g_assert_true (g_flow_document_equal (a, b));
  g_flow_document_set_tags (b, third);
  g_assert_false (g_flow_document_equal (a, b));
  g_flow_document_set_tags (b, fourth);
  g_assert_false (g_flow_document_equal (a, b));
}

#define REFUSED(call)                                                       \
  G_STMT_START                                                              \
  {                                                                         \
    g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*failed*");      \
    call;                                                                   \
    g_test_assert_expected_messages ();                                     \
  }                                                                         \
  G_STMT_END

/* What a document could not be written with is refused, and changes nothing. */
static void
test_names_of_tags (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_int32 (1));

  g_flow_document_set_tag (document, "größe", value);
  g_flow_document_set_tag (document, "", value);
  REFUSED (g_flow_document_set_tag (document, "gr\xf6\xdf" "e", value));
  g_assert_cmpuint (g_variant_n_children (g_flow_document_get_tags (document)), ==, 2);
}

/* A dictionary of dictionaries of … : three levels each */
static GVariant *
nest (guint n)
{
  GVariant *value = g_variant_new_parsed ("@a{sv} {}");

  for (guint i = 1; i < n; i++)
    value = g_variant_new_parsed ("{'d': %v}", value);
  return g_variant_ref_sink (value);
}

static void
test_depth (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  /* 112 levels are 37 dictionaries, and the one in the last. */
  g_autoptr(GVariant) deep = nest (38), deeper = nest (39);
  g_autoptr(GVariant) inside = nest (37);
  g_autoptr(GVariant) flat = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(aid)"),
                                                                      NULL, 0));
  g_autoptr(GListStore) list = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  g_autoptr(GVariant) array = NULL;
  g_autoptr(GListModel) read = NULL;
  g_autoptr(GFlowDocument) same = NULL;
  g_autoptr(GVariant) foreign = NULL;
  g_autoptr(GError) error = NULL;

  g_flow_document_set_tags (document, deep);
  REFUSED (g_flow_document_set_tags (document, deeper));
  REFUSED (g_flow_document_set_tag (document, "e", deep));
  g_flow_document_set_tag (document, "e", inside);
  g_flow_document_set_tag (document, "flat", flat);

  /* It survives whatever it is written in. */
  g_list_store_append (list, document);
  array = g_flow_document_list_to_variant (G_LIST_MODEL (list));
  g_assert_true (g_variant_is_normal_form (array));
  read = g_flow_document_list_from_variant (array, &error);
  g_assert_no_error (error);
  same = g_list_model_get_item (read, 0);
  g_assert_true (g_flow_document_equal (document, same));

  /* What others have written may be deeper. */
  foreign = g_variant_ref_sink (g_variant_new_parsed ("{'tags': <%@a{sv}>}", deeper));
  g_assert_true (g_variant_is_normal_form (foreign));
  g_assert_null (g_flow_document_new_from_variant (foreign, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "112");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/empty", test_empty);
  g_test_add_func ("/document/notify", test_notify);
  g_test_add_func ("/document/tags", test_tags);
  g_test_add_func ("/document/copy", test_copy);
  g_test_add_func ("/document/order-of-tags", test_order_of_tags);
  g_test_add_func ("/document/names-of-tags", test_names_of_tags);
  g_test_add_func ("/document/depth", test_depth);
  return g_test_run ();
}
