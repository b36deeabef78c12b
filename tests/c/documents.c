/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-request.h"

#include "stream/gflow-documents-private.h"
#include "stream/gflow-post-private.h"

/* The documents of a request: an array until somebody asks for a list, and used again. */

static void
add_texts (GFlowDocuments *documents,
           const char     *texts)
{
  g_auto (GStrv) parts = g_strsplit (texts, "|", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    _g_flow_documents_add (documents, g_flow_document_new_for_text (parts[i]));
}

static GPtrArray *
make_array (const char *texts)
{
  GFlowDocuments documents = { 0 };

  add_texts (&documents, texts);
  return documents.items;
}

static void
assert_texts (GFlowDocuments *documents,
              const char     *expected)
{
  g_autoptr (GPtrArray) items = _g_flow_documents_dup (documents);
  g_autoptr (GString) texts = g_string_new (NULL);

  g_assert_cmpuint (items->len, ==, _g_flow_documents_count (documents));
  for (guint i = 0; i < items->len; i++)
    g_string_append_printf (texts, "%s%s", i > 0 ? "|" : "",
                            g_flow_document_get_text (items->pdata[i]));
  g_assert_cmpstr (texts->str, ==, expected);
}

static void
test_array (void)
{
  GFlowDocuments documents = { 0 };

  g_assert_cmpuint (_g_flow_documents_count (&documents), ==, 0);
  assert_texts (&documents, "");
  add_texts (&documents, "a|b");
  assert_texts (&documents, "a|b");
  _g_flow_documents_set (&documents, make_array ("c"));
  assert_texts (&documents, "c");
  g_assert_null (documents.list);
  _g_flow_documents_clear (&documents);
}

static void
test_list (void)
{
  const char *all[] = { "", "a", "a|b|c" };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      GFlowDocuments documents = { 0 };

      if (*all[i] != '\0')
        add_texts (&documents, all[i]);

      GListStore *list = _g_flow_documents_list (&documents);

      assert_texts (&documents, all[i]);
      g_assert_true (_g_flow_documents_list (&documents) == list);

      /* From now on it has them. */
      _g_flow_documents_set (&documents, make_array ("x|y"));
      add_texts (&documents, "z");
      assert_texts (&documents, "x|y|z");
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 3);
      g_list_store_remove (list, 1);
      assert_texts (&documents, "x|z");
      _g_flow_documents_clear (&documents);
    }
}

static void
ignore_cb (void)
{
}

typedef enum
{
  UNKNOWN,
  HELD,
  WATCHED,
  NOTIFIED,
  WEAKLY_HELD,
  N_WAYS
} Way;

/* A list serves again only if nobody can tell; documents go in any case, but those in a list that
 * somebody holds. */
static void
test_wipe (void)
{
  for (Way way = UNKNOWN; way < N_WAYS; way++)
    {
      GFlowDocuments documents = { 0 };
      g_autoptr (GPtrArray) held = NULL;
      GListStore *list;
      gpointer weak = NULL, document = NULL;

      add_texts (&documents, "a|b");
      list = _g_flow_documents_list (&documents);
      document = g_list_model_get_item (G_LIST_MODEL (list), 1);
      g_object_add_weak_pointer (document, &document);
      g_object_unref (document);
      switch (way)
        {
        case HELD:
          held = g_ptr_array_new_with_free_func (g_object_unref);
          g_ptr_array_add (held, g_object_ref (list));
          break;
        case WATCHED:
          g_signal_connect (list, "items-changed", G_CALLBACK (ignore_cb), NULL);
          break;
        case NOTIFIED:
          g_signal_handler_block (list, g_signal_connect (list, "notify::n-items",
                                                          G_CALLBACK (ignore_cb), NULL));
          break;
        case WEAKLY_HELD:
          g_set_weak_pointer (&weak, list);
          break;
        case UNKNOWN:
        case N_WAYS:
        default:
          break;
        }

      _g_flow_documents_wipe (&documents);
      assert_texts (&documents, "");
      g_assert_null (weak);
      g_assert_true ((document != NULL) == (way == HELD));
      g_assert_true (documents.spare == (way == UNKNOWN ? list : NULL));
      if (way == UNKNOWN)
        g_assert_true (_g_flow_documents_list (&documents) == list);
      if (way == HELD)
        g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 2);

      add_texts (&documents, "c");
      assert_texts (&documents, "c");
      _g_flow_documents_clear (&documents);
      g_clear_weak_pointer (&weak);
    }
}

/* Posting */

typedef struct
{
  guint n_told;
  guint n_lists; /* that somebody has asked for */
} Told;

static gboolean
told (GFlowPost     *post,
      GFlowRequest  *request,
      gpointer       user_data,
      GError       **error)
{
  Told *self = user_data;

  g_assert_cmpuint (_g_flow_documents_count (&request->documents), ==, 2);
  self->n_lists += request->documents.list != NULL;
  self->n_told++;
  if (self->n_told % 2 == 0)
    test_assert_texts (request, "a|b");
  return TRUE;
}

/* Nobody makes lists but who looks at one. */
static void
test_post (void)
{
  const char *texts[] = { "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", NULL };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowSource) source = g_flow_source_new_for_texts (texts);
  g_autoptr (GFlowPost) post = NULL;
  Told self = { 0 };

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 2);
  g_flow_post_set_max_in_flight (post, 1);
  g_flow_post_set_done_func (post, told, &self, NULL);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (self.n_told, ==, 6);
  g_assert_cmpuint (self.n_lists, ==, 0);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* The source stops the post from within. */
static gboolean
give_and_cancel (GFlowSource  *source,
                 guint         n_documents,
                 GListStore   *documents,
                 gpointer      user_data,
                 GError      **error)
{
  GFlowPost **post = user_data;
  g_autoptr (GFlowDocument) document = g_flow_document_new ();

  g_list_store_append (documents, document);
  g_flow_post_cancel (*post);
  g_list_store_append (documents, document);
  return TRUE;
}

static void
test_cancelled_by_source (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowPost *post;
  g_autoptr (GFlowSource) source = g_flow_source_new_for_func (give_and_cancel, &post, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_flow_post_set_source (post, source);
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_add_weak_pointer (G_OBJECT (post), (gpointer *) &post);
  g_object_unref (post);
  g_assert_null (post);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

typedef struct
{
  GFlowRequest *request;
  GListModel   *list;    /* (unowned) */
  guint         n;       /* documents that a branch would be made of */
  TestGate     *gate;
} Reader;

static gpointer
reader_thread (gpointer user_data)
{
  Reader *self = user_data;

  test_gate_wait (self->gate);

  g_autoptr (GPtrArray) items = _g_flow_request_dup_documents (self->request);

  self->n = items->len;
  self->list = g_flow_request_get_documents (self->request);
  return NULL;
}

static void
test_readers (void)
{
  enum { N_READERS = 3, N_DOCUMENTS = 20 };

  g_test_summary ("Threads that only read see all documents, and the same list of them");
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GFlowRequest) request = g_object_new (G_TYPE_FLOW_REQUEST, NULL);
      Reader readers[N_READERS];
      GThread *threads[N_READERS];
      TestGate gate;

      for (guint k = 0; k < N_DOCUMENTS; k++)
        _g_flow_documents_add (&request->documents, g_flow_document_new_for_text ("a"));
      test_gate_init (&gate);
      for (guint k = 0; k < N_READERS; k++)
        {
          readers[k] = (Reader) { .request = request, .gate = &gate };
          threads[k] = g_thread_new ("reader", reader_thread, &readers[k]);
        }
      test_gate_open (&gate);
      for (guint k = 0; k < N_READERS; k++)
        g_thread_join (threads[k]);
      for (guint k = 0; k < N_READERS; k++)
        {
          g_assert_cmpuint (readers[k].n, ==, N_DOCUMENTS);
          g_assert_true (readers[k].list == readers[0].list);
        }
      g_assert_cmpuint (g_list_model_get_n_items (readers[0].list), ==, N_DOCUMENTS);
      test_gate_clear (&gate);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("The documents of a request: an array, a list when asked for, and used again");

  g_test_add_func ("/documents/array", test_array);
  g_test_add_func ("/documents/list", test_list);
  g_test_add_func ("/documents/wipe", test_wipe);
  g_test_add_func ("/documents/readers", test_readers);
  g_test_add_func ("/documents/post", test_post);
  g_test_add_func ("/documents/cancelled-by-source", test_cancelled_by_source);

  return g_test_run ();
}
