/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Documents as GVariant and as JSON: what goes out comes in again, and what is wrong
 * is refused where it is wrong. */

#include "test-util.h"

#include <string.h>

/* What is read is written as it was. */
static void
test_json_same (void)
{
  const char *texts[] = {
    "{}",
    "{\"id\":\"a\"}",
    "{\"id\":\"\",\"text\":\"\",\"blob\":\"\",\"uri\":\"\",\"mime_type\":\"\"}",
    "{\"id\":\"a\",\"text\":\"b\",\"blob\":\"AAEC/w==\",\"uri\":\"file:///c\",\"mime_type\":\"text/plain\"}",
    "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f ü € 😀\"}",
    "{\"tags\":{\"i\":1,\"d\":1.0,\"s\":\"1\",\"t\":true,\"f\":false,\"n\":null}}",
    "{\"tags\":{\"a\":[],\"o\":{},\"aa\":[[],[1,[2.5,\"x\"]]],\"oo\":{\"p\":{\"q\":[null]}}}}",
    "{\"tags\":{\"min\":-9223372036854775808,\"max\":18446744073709551615,\"mid\":9223372036854775808}}",
    "{\"tags\":{\"a\":0.1,\"b\":1e+20,\"c\":-0.0,\"d\":1e-300,\"e\":1.7976931348623157e+308,\"f\":1.2345678901234568e+17}}",
    "{\"tags\":{\"\":\"\",\"ü\":\"ä\",\"\\n\":1}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GFlowDocument) document = g_flow_document_new_from_json (texts[i], &error);

      g_assert_no_error (error);

      g_autofree char *json = g_flow_document_to_json (document, &error);
      g_autoptr(GFlowDocument) again = g_flow_document_new_from_json (json, NULL);

      g_assert_no_error (error);
      g_assert_cmpstr (json, ==, texts[i]);
      g_assert_true (g_flow_document_equal (document, again));
    }
}

/* What can be written in other ways means the same. */
static void
test_json_ways (void)
{
  const char *pairs[][2] = {
    { " { } \n", "{}" },
    { "{\"id\":null,\"text\":null,\"blob\":null,\"tags\":null}", "{}" },
    { "{\"id\":17}", "{\"id\":\"17\"}" },
    { "{\"id\":18446744073709551615}", "{\"id\":\"18446744073709551615\"}" },
    { "{\"mimeType\":\"a/b\"}", "{\"mime_type\":\"a/b\"}" },
    { "{\"mime-type\":\"a/b\"}", "{\"mime_type\":\"a/b\"}" },
    { "{\"size\":1,\"text\":\"x\",\"tags\":{\"a\":2},\"more\":[]}",
      "{\"text\":\"x\",\"tags\":{\"size\":1,\"a\":2,\"more\":[]}}" },
    { "{\"text\":\"\\/\\u0041\\u20ac\\ud83d\\ude00\"}", "{\"text\":\"/A€😀\"}" },
    { "{\"a\":1E2,\"b\":1e-2,\"c\":0,\"d\":-0,\"e\":10.50}",
      "{\"tags\":{\"a\":100.0,\"b\":0.01,\"c\":0,\"d\":0,\"e\":10.5}}" },
    { "{\"tags\":{}}", "{}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GFlowDocument) document = g_flow_document_new_from_json (pairs[i][0], &error);

      g_assert_no_error (error);

      g_autofree char *json = g_flow_document_to_json (document, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (json, ==, pairs[i][1]);
    }
}

static void
test_json_bad (void)
{
  const char *pairs[][2] = {
    { "", "1:1: " },
    { "[]", "1:1: " },
    { "\"a\"", "1:1: " },
    { "{", "1:2: " },
    { "{}x", "1:3: " },
    { "{} {}", "1:4: " },
    { "{\"a\"}", "1:5: " },
    { "{\"a\":}", "1:6: " },
    { "{\"a\":1,}", "1:8: " },
    { "{\"a\":1 \"b\":2}", "1:8: " },
    { "{a:1}", "1:2: " },
    { "{'a':1}", "1:2: " },
    { "{\n  \"a\": tru\n}", "2:8: " },
    { "{\"ü\": ä}", "1:7: " },
    { "{\"a\":01}", "1:6: A number cannot begin with 0" },
    { "{\"a\":-}", "1:7: " },
    { "{\"a\":1.}", "1:8: " },
    { "{\"a\":1e}", "1:8: " },
    { "{\"a\":.5}", "1:6: " },
    { "{\"a\":+1}", "1:6: " },
    { "{\"a\":NaN}", "1:6: " },
    { "{\"a\":0x10}", "1:7: " },
    { "{\"a\":1e400}", "1:6: This number is too large" },
    { "{\"a\":18446744073709551616}", "1:6: This integer has more than 64 bits" },
    { "{\"a\":-9223372036854775809}", "1:6: This integer has more than 64 bits" },
    { "{\"a\":\"b", "1:8: The text ends inside of a string" },
    { "{\"a\":\"b\\", "1:9: " },
    { "{\"a\":\"\\x\"}", "1:7: " },
    { "{\"a\":\"\\u12\"}", "1:11: " },
    { "{\"a\":\"\\u0000\"}", "1:7: A string cannot hold \\u0000" },
    { "{\"a\":\"\\ud800\"}", "1:7: Half of a surrogate pair" },
    { "{\"a\":\"\\ud800\\u0041\"}", "1:7: Half of a surrogate pair" },
    { "{\"a\":\"\\udc00\"}", "1:7: Half of a surrogate pair" },
    { "{\"a\":\"\n\"}", "1:7: A string cannot hold a control character as it is" },
    { "{\"a\":\"é\xff\"}", "1:8: This is not UTF-8" },
    { "{/**/}", "1:2: " },
    { "{\"a\":1,\"a\":2}", "1:12: “a” is there twice" },
    { "{\"tags\":{\"a\":1,\"a\":1}}", "“a” is there twice" },
    { "{\"a\":1,\"tags\":{\"a\":2}}", "1:15: “a” is there twice" },
    { "{\"tags\":{\"a\":2},\"a\":1}", "1:21: “a” is there twice" },
    { "{\"id\":\"a\",\"id\":\"a\"}", "1:16: “id” is there twice" },
    { "{\"mimeType\":\"a\",\"mime_type\":\"a\"}", "“mime_type” is there twice" },
    { "{\"id\":1.5}", "1:7: An id is a string or an integer" },
    { "{\"text\":1}", "1:9: " },
    { "{\"tags\":[]}", "1:9: The tags of a document are an object" },
    { "{\"blob\":\"A\"}", "1:9: This is no base64" },
    { "{\"blob\":\"AA=A\"}", "1:9: This is no base64" },
    { "{\"blob\":\"====\"}", "1:9: This is no base64" },
    { "{\"blob\":\"AA A\"}", "1:9: This is no base64" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (g_flow_document_new_from_json (pairs[i][0], &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
      g_test_message ("%u: %s", i, error->message);
      if (g_ascii_isdigit (pairs[i][1][0]))
        g_assert_true (g_str_has_prefix (error->message, pairs[i][1]));
      else
        test_assert_contains (error->message, pairs[i][1]);
    }
}

static char *
nested (guint    n,
        gboolean objects)
{
  GString *json = g_string_new ("{\"x\":");

  for (guint i = 1; i < n; i++)
    g_string_append (json, objects ? "{\"x\":" : "[");
  g_string_append (json, "1");
  for (guint i = 1; i < n; i++)
    g_string_append (json, objects ? "}" : "]");
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* 32 levels, in all forms, alone and in a list; not 33, nor a million. */
static void
test_json_depth (void)
{
  for (guint objects = 0; objects <= 1; objects++)
    {
      g_autofree char *json = nested (31, objects);
      g_autofree char *too_deep = nested (33, objects);
      g_autofree char *far_too_deep = nested (1000000, objects);
      g_autoptr(GError) error = NULL;
      g_autoptr(GFlowDocument) document = g_flow_document_new_from_json (json, &error);

      g_assert_no_error (error);

      g_autofree char *written = g_flow_document_to_json (document, &error);

      g_assert_no_error (error);

      g_autoptr(GFlowDocument) again = g_flow_document_new_from_json (written, &error);

      g_assert_no_error (error);
      g_assert_true (g_flow_document_equal (document, again));

      g_autoptr(GVariant) variant = g_flow_document_to_variant (document);
      g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (variant);
      g_autoptr(GVariant) loaded = g_variant_ref_sink (g_variant_new_from_bytes (
        G_VARIANT_TYPE_VARDICT, bytes, FALSE));
      g_autoptr(GFlowDocument) third = g_flow_document_new_from_variant (loaded, &error);

      g_assert_no_error (error);
      g_assert_true (g_flow_document_equal (document, third));

      g_autofree char *list = g_strdup_printf ("[%s]", written);
      g_autoptr(GListModel) documents = g_flow_document_list_from_json (list, &error);

      g_assert_no_error (error);
      g_assert_null (g_flow_document_new_from_json (too_deep, &error));
      test_assert_contains (error->message, "Nested deeper than 32 levels");
      g_clear_error (&error);
      g_assert_null (g_flow_document_new_from_json (far_too_deep, &error));
      test_assert_contains (error->message, "Nested deeper than 32 levels");
    }
}

/* What JSON cannot say, or would not say again. */
static void
test_json_unwritable (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  g_autoptr(GVariant) deep = g_variant_ref_sink (g_variant_new_int64 (1));
  g_autoptr(GError) error = NULL;

  g_flow_document_set_tag (document, "x", g_variant_new_double (G_MAXDOUBLE * 2));
  g_assert_null (g_flow_document_to_json (document, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_clear_error (&error);

  for (guint i = 0; i < 40; i++)
    {
      GVariant *inside = deep;

      deep = g_variant_ref_sink (g_variant_new ("av", NULL));
      g_variant_unref (deep);
      deep = g_variant_ref_sink (g_variant_new_parsed ("[%v]", inside));
      g_variant_unref (inside);
    }
  g_flow_document_set_tag (document, "x", deep);
  g_assert_null (g_flow_document_to_json (document, &error));
  test_assert_contains (error->message, "Nested deeper than 32 levels");
}

/* All types of GVariant: what is nearest in JSON. */
static void
test_json_types (void)
{
  g_autoptr(GFlowDocument) document = g_flow_document_new ();
  g_autoptr(GVariant) tags = g_variant_ref_sink (g_variant_new_parsed (
    "@a{sv} {'y': <byte 1>, 'n': <int16 -2>, 'q': <uint16 3>, 'i': <-4>, 'u': <uint32 5>,"
    " 'x': <int64 -6>, 't': <uint64 7>, 'h': <handle 8>, 'd': <9.0>, 'b': <true>,"
    " 'o': <objectpath '/a'>, 'g': <signature 'ai'>, 'v': <<<1>>>, 'ms': <@ms nothing>,"
    " 'mi': <@mi 5>, '()': <()>, '(is)': <(1, 'a')>, 'ay': <[byte 1, 2]>, 'as': <['a', 'b']>,"
    " 'a{ii}': <{1: 2}>, 'a{ss}': <{'a': 'b'}>, '{si}': <{'k', 1}>}"));
  g_autoptr(GError) error = NULL;

  g_flow_document_set_tags (document, tags);

  g_autofree char *json = g_flow_document_to_json (document, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (json, ==,
                   "{\"tags\":{\"y\":1,\"n\":-2,\"q\":3,\"i\":-4,\"u\":5,\"x\":-6,\"t\":7,\"h\":8,"
                   "\"d\":9.0,\"b\":true,\"o\":\"/a\",\"g\":\"ai\",\"v\":1,\"ms\":null,\"mi\":5,"
                   "\"()\":[],\"(is)\":[1,\"a\"],\"ay\":[1,2],\"as\":[\"a\",\"b\"],"
                   "\"a{ii}\":{\"1\":2},\"a{ss}\":{\"a\":\"b\"},\"{si}\":[\"k\",1]}}");
}

/* GVariant loses nothing. */
static void
test_variant (void)
{
  const char *texts[] = {
    "@a{sv} {}",
    "{'id': <'a'>, 'text': <'b'>, 'blob': <[byte 0x00, 0x01]>, 'uri': <'c:d'>, 'mime_type': <'e/f'>,"
    " 'tags': <{'i': <1>, 'u': <uint32 1>, 'd': <1.0>, 't': <(1, 'a')>, 'n': <{'x': <@mi nothing>}>}>}",
    "{'text': <''>, 'blob': <@ay []>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GVariant) variant = g_variant_ref_sink (g_variant_new_parsed (texts[i]));
      g_autoptr(GError) error = NULL;
      g_autoptr(GFlowDocument) document = g_flow_document_new_from_variant (variant, &error);

      g_assert_no_error (error);

      g_autoptr(GVariant) written = g_flow_document_to_variant (document);

      g_assert_false (g_variant_is_floating (written));
      g_assert_true (g_variant_equal (written, variant));
    }
}

static void
test_variant_ways (void)
{
  const char *pairs[][2] = {
    { "'text'", "{\"text\":\"text\"}" },
    { "b'AB\\000'", "{\"blob\":\"QUIA\"}" },
    { "<<'text'>>", "{\"text\":\"text\"}" },
    { "{'id': 'a', 'lang': 'en'}", "{\"id\":\"a\",\"tags\":{\"lang\":\"en\"}}" },
    { "{'id': 5, 'n': 6}", "{\"id\":\"5\",\"tags\":{\"n\":6}}" },
    { "{'text': <@mv nothing>}", "{}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GFlowDocument) document =
        g_flow_document_new_from_variant (g_variant_new_parsed (pairs[i][0]), &error);

      g_assert_no_error (error);

      g_autofree char *json = g_flow_document_to_json (document, NULL);

      g_assert_cmpstr (json, ==, pairs[i][1]);
    }
}

static void
test_variant_bad (void)
{
  const char *pairs[][2] = {
    { "1", "A document is a dictionary, a string, or bytes, but this is of type i" },
    { "['a']", "of type as" },
    { "{1: 'a'}", "of type a{is}" },
    { "{'text': <1>}", "“text” is of type i, not s" },
    { "{'id': <byte 5>}", "“id” is of type y, not s" },
    { "{'id': <1.0>}", "“id” is of type d, not s" },
    { "{'blob': <'a'>}", "“blob” is of type s, not ay" },
    { "{'tags': <{'a': 'b'}>}", "“tags” is of type a{ss}, not a{sv}" },
    { "{'id': 'a', 'id': 'a'}", "“id” is there twice" },
    { "{'x': <1>, 'tags': <{'x': <1>}>}", "“x” is there twice" },
    { "{'tags': <{'x': <1>, 'x': <1>}>}", "“x” is there twice" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (g_flow_document_new_from_variant (g_variant_new_parsed (pairs[i][0]), &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
      test_assert_contains (error->message, pairs[i][1]);
    }
}

/* What a broken file may hold. */
static void
test_variant_broken (void)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("broken!", 7);
  g_autoptr(GVariant) variant = g_variant_ref_sink (g_variant_new_from_bytes (
    G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autoptr(GVariant) list = g_variant_ref_sink (g_variant_new_from_bytes (
    G_VARIANT_TYPE ("aa{sv}"), bytes, FALSE));
  g_autoptr(GError) error = NULL;

  g_assert_null (g_flow_document_new_from_variant (variant, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_clear_error (&error);
  g_assert_null (g_flow_document_list_from_variant (list, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
}

static void
test_lists (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GListModel) documents =
    g_flow_document_list_from_json ("[{\"id\":1},\n {\"text\":\"a\"}]", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 2);
  g_assert_true (g_list_model_get_item_type (documents) == G_TYPE_FLOW_DOCUMENT);

  g_autofree char *json = g_flow_document_list_to_json (documents, &error);

  g_assert_cmpstr (json, ==, "[\n{\"id\":\"1\"},\n{\"text\":\"a\"}\n]\n");

  g_autoptr(GVariant) variant = g_flow_document_list_to_variant (documents);
  g_autofree char *printed = g_variant_print (variant, TRUE);

  g_assert_cmpstr (printed, ==, "[{'id': <'1'>}, {'text': <'a'>}]");

  g_autoptr(GListModel) again = g_flow_document_list_from_variant (variant, &error);
  g_autofree char *json_again = g_flow_document_list_to_json (again, &error);

  g_assert_cmpstr (json_again, ==, json);

  g_autoptr(GListStore) none = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  g_autofree char *empty = g_flow_document_list_to_json (G_LIST_MODEL (none), &error);
  g_autoptr(GListModel) nothing = g_flow_document_list_from_json (empty, &error);

  g_assert_cmpstr (empty, ==, "[]\n");
  g_assert_cmpuint (g_list_model_get_n_items (nothing), ==, 0);

  g_assert_null (g_flow_document_list_from_json ("[{},\n{\"id\":[]}]", &error));
  g_assert_cmpstr (error->message, ==, "2:7: An id is a string or an integer");
  g_clear_error (&error);
  g_assert_null (g_flow_document_list_from_json ("{}", &error));
  g_clear_error (&error);
  g_assert_null (g_flow_document_list_from_json ("[{}]]", &error));
  g_assert_true (g_str_has_prefix (error->message, "1:5: "));
  g_clear_error (&error);
  g_assert_null (g_flow_document_list_from_variant (g_variant_new_parsed ("[<'a'>, <1>]"), &error));
  g_clear_error (&error);
}

static void
test_list_of_variants (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GFlowSource) source = g_flow_source_new_for_variant (
    g_variant_new_parsed ("[<'a'>, <{'text': 'b'}>, <1>, <'c'>]"));
  g_autoptr(GListModel) documents = g_flow_source_next_sync (source, 9, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 2);
  g_assert_null (g_flow_source_next_sync (source, 9, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_assert_true (g_str_has_prefix (error->message, "Item 2: "));

  g_autoptr(GFlowSource) wrong = g_flow_source_new_for_variant (g_variant_new_int32 (1));

  g_clear_error (&error);
  g_assert_null (g_flow_source_next_sync (wrong, 9, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
}

/* Documents of anything: both forms keep all of them. */

static char *
random_text (GRand *rand)
{
  GString *text = g_string_new (NULL);

  for (int n = g_rand_int_range (rand, 0, 12); n > 0; n--)
    {
      gunichar c = g_rand_int_range (rand, 1, g_rand_boolean (rand) ? 0x80 : 0x110000);

      if (g_unichar_validate (c))
        g_string_append_unichar (text, c);
    }
  return g_string_free (text, FALSE);
}

static double
random_double (GRand *rand)
{
  union { guint64 bits; double number; } value;

  do
    value.bits = ((guint64) g_rand_int (rand) << 32) | g_rand_int (rand);
  while (value.number != value.number || value.number - value.number != 0);
  return value.number;
}

static GVariant *random_value (GRand *rand,
                               guint  depth);

static GVariant *
random_object (GRand *rand,
               guint  depth)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (int n = g_rand_int_range (rand, 0, 5); n > 0; n--)
    {
      g_autofree char *text = random_text (rand);
      g_autofree char *name = g_strdup_printf ("%d%s", n, text);

      g_variant_builder_add (&builder, "{sv}", name, random_value (rand, depth));
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
random_array (GRand *rand,
              guint  depth)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("av"));
  for (int n = g_rand_int_range (rand, 0, 4); n > 0; n--)
    g_variant_builder_add (&builder, "v", random_value (rand, depth));
  return g_variant_builder_end (&builder);
}

static GVariant *
random_value (GRand *rand,
              guint  depth)
{
  switch (g_rand_int_range (rand, 0, depth < 4 ? 8 : 6))
    {
    case 0:
      return g_variant_new_int64 (((guint64) g_rand_int (rand) << 32) | g_rand_int (rand));
    case 1:
      return g_variant_new_double (random_double (rand));
    case 2:
      return g_variant_new_double (g_rand_int_range (rand, -9, 9));
    case 3:
      return g_variant_new_take_string (random_text (rand));
    case 4:
      return g_variant_new_boolean (g_rand_boolean (rand));
    case 5:
      return g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL);
    case 6:
      return random_array (rand, depth + 1);
    default:
      return random_object (rand, depth + 1);
    }
}

static GFlowDocument *
random_document (GRand *rand)
{
  const char *names[] = { "id", "text", "uri", "mime-type" };
  GFlowDocument *document = g_flow_document_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_rand_boolean (rand))
      {
        g_autofree char *text = random_text (rand);

        g_object_set (document, names[i], text, NULL);
      }
  if (g_rand_boolean (rand))
    {
      guint8 bytes[7];
      const guint n = g_rand_int_range (rand, 0, sizeof bytes);
      g_autoptr(GBytes) blob = NULL;

      for (guint i = 0; i < n; i++)
        bytes[i] = g_rand_int (rand);
      blob = g_bytes_new (bytes, n);
      g_flow_document_set_blob (document, blob);
    }
  g_flow_document_set_tags (document, random_object (rand, 0));
  return document;
}

static void
test_random (void)
{
  const guint32 seed = g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint round = 0; round < 2000; round++)
    {
      g_autoptr(GFlowDocument) document = random_document (rand);
      g_autoptr(GError) error = NULL;
      g_autofree char *json = g_flow_document_to_json (document, &error);

      g_assert_no_error (error);

      g_autoptr(GFlowDocument) by_json = g_flow_document_new_from_json (json, &error);

      g_assert_no_error (error);
      g_assert_true (g_flow_document_equal (document, by_json));

      g_autoptr(GVariant) variant = g_flow_document_to_variant (document);
      g_autoptr(GFlowDocument) by_variant = g_flow_document_new_from_variant (variant, &error);

      g_assert_no_error (error);
      g_assert_true (g_flow_document_equal (document, by_variant));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document-forms/json/same", test_json_same);
  g_test_add_func ("/document-forms/json/ways", test_json_ways);
  g_test_add_func ("/document-forms/json/bad", test_json_bad);
  g_test_add_func ("/document-forms/json/depth", test_json_depth);
  g_test_add_func ("/document-forms/json/unwritable", test_json_unwritable);
  g_test_add_func ("/document-forms/json/types", test_json_types);
  g_test_add_func ("/document-forms/variant/same", test_variant);
  g_test_add_func ("/document-forms/variant/ways", test_variant_ways);
  g_test_add_func ("/document-forms/variant/bad", test_variant_bad);
  g_test_add_func ("/document-forms/variant/broken", test_variant_broken);
  g_test_add_func ("/document-forms/lists", test_lists);
  g_test_add_func ("/document-forms/list-of-variants", test_list_of_variants);
  g_test_add_func ("/document-forms/random", test_random);
  return g_test_run ();
}
