/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowSource: what next() promises, whatever gives the documents. */

#include "test-util.h"

static char *
texts_of (GListModel *documents)
{
  g_autoptr(GString) texts = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);

      g_string_append_printf (texts, "%s%s", i > 0 ? " " : "", g_flow_document_get_text (document));
    }
  return g_string_free (g_steal_pointer (&texts), FALSE);
}

static GListModel *
next_async (GFlowSource   *source,
            guint          n,
            GCancellable  *cancellable,
            GError       **error)
{
  TestResult result;
  GListModel *documents;

  test_result_init (&result);
  g_flow_source_next (source, n, cancellable, test_result_cb, &result);
  g_assert_cmpuint (result.calls, ==, 0);
  TEST_WAIT (result.calls > 0);
  documents = g_flow_source_next_finish (source, result.result, error);
  test_result_clear (&result);
  return documents;
}

/* The next documents, or the error, in words. */
static char *
next_words (GFlowSource *source,
            guint        n,
            gboolean     sync)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GListModel) documents = sync ? g_flow_source_next_sync (source, n, NULL, &error)
                                         : next_async (source, n, NULL, &error);

  g_assert_true ((documents == NULL) == (error != NULL));
  return documents != NULL ? texts_of (documents) : g_strdup_printf ("(%s)", error->message);
}

#define assert_next(source, n, sync, expected)                    \
  G_STMT_START                                                    \
  {                                                               \
    g_autofree char *_words = next_words (source, n, sync);       \
    g_assert_cmpstr (_words, ==, expected);                       \
  }                                                               \
  G_STMT_END

static void
test_texts (gconstpointer sync)
{
  const char *texts[] = { "a", "b", "c", "d", "e", NULL };
  g_autoptr(GFlowSource) source = g_flow_source_new_for_texts (texts);
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, source);
  assert_next (source, 2, !!sync, "a b");
  assert_next (source, 2, !!sync, "c d");
  assert_next (source, 2, !!sync, "e");
  assert_next (source, 2, !!sync, "");
  assert_next (source, 0, !!sync, "");
  g_clear_object (&source);
  source = g_flow_source_new_for_texts (texts);
  assert_next (source, 0, !!sync, "a b c d e");
  g_clear_object (&source);
  test_life_assert_over (&life);
}

static void
test_model (gconstpointer sync)
{
  g_autoptr(GListStore) store = g_list_store_new (G_TYPE_OBJECT);
  g_autoptr(GFlowDocument) a = g_flow_document_new_for_text ("a");
  g_autoptr(GFlowDocument) b = g_flow_document_new_for_text ("b");
  g_autoptr(GFlowSource) source = g_flow_source_new_for_model (G_LIST_MODEL (store));
  g_autoptr(GListModel) documents = NULL;
  g_autoptr(GFlowDocument) first = NULL;

  g_list_store_append (store, a);
  g_list_store_append (store, b);
  g_list_store_append (store, store);
  documents = g_flow_source_next_sync (source, 1, NULL, NULL);
  first = g_list_model_get_item (documents, 0);
  g_assert_true (first == a);
  /* What is good comes first, then the error, then the end. */
  assert_next (source, 5, !!sync, "b");
  assert_next (source, 5, !!sync, "(Item 2 of the list is no document, but a GListStore)");
  assert_next (source, 5, !!sync, "");
  g_list_store_remove (store, 2); /* which holds itself */
}

/* A source that does as it is told, by its user data. */
typedef struct
{
  guint       total;       /* so many documents */
  guint       most;        /* at a time; 0 for as many as are wanted */
  const char *failure;     /* (nullable): instead of the end */
  gboolean    in_thread;   /* returns from another thread */
  gboolean    drops;       /* instead of returning at the end */
  gboolean    at_once;     /* fails by its error argument */
  guint       given;
  guint       calls;
  guint       destroyed;
  guint       last_wanted;
  GThread    *thread;
} Giver;

static void
giver_destroy (gpointer user_data)
{
  Giver *giver = user_data;

  g_assert_true (giver->thread == g_thread_self ());
  giver->destroyed++;
}

static gboolean
give (Giver       *giver,
      guint        n,
      GListStore  *documents,
      GError     **error)
{
  g_assert_true (giver->thread == g_thread_self ());
  g_assert_cmpuint (n, >, 0);
  giver->calls++;
  giver->last_wanted = n;
  for (guint i = 0; i < (giver->most > 0 ? giver->most : n) && giver->given < giver->total; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", giver->given++);
      g_autoptr(GFlowDocument) document = g_flow_document_new_for_text (text);

      g_list_store_append (documents, document);
    }
  if (giver->given < giver->total || giver->failure == NULL)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, giver->failure);
  return FALSE;
}

static gboolean
give_func (GFlowSource  *source,
           guint         n,
           GListStore   *documents,
           gpointer      user_data,
           GError      **error)
{
  return give (user_data, n, documents, error);
}

static gpointer
return_in_thread (gpointer data)
{
  g_autoptr(GTask) task = data;

  g_task_return_boolean (task, TRUE);
  return NULL;
}

static gpointer
drop_in_thread (gpointer data)
{
  g_object_unref (data);
  return NULL;
}

static void
give_task_func (GFlowSource  *source,
                guint         n,
                GListStore   *documents,
                GTask        *task,
                gpointer      user_data,
                GError      **error)
{
  Giver *giver = user_data;
  GError *failure = NULL;
  const guint before = giver->given;

  if (!give (giver, n, documents, &failure))
    {
      if (giver->at_once)
        g_propagate_error (error, failure);
      else
        g_task_return_error (task, failure);
    }
  else if (giver->drops && giver->given == before)
    g_thread_unref (g_thread_new ("drop", drop_in_thread, g_object_ref (task)));
  else if (giver->in_thread)
    g_thread_unref (g_thread_new ("return", return_in_thread, g_object_ref (task)));
  else
    g_task_return_boolean (task, TRUE);
}

static void
test_funcs (gconstpointer user_data)
{
  const guint how = GPOINTER_TO_UINT (user_data);
  const gboolean sync = (how & 1) != 0;
  const gboolean task = (how & 2) != 0;
  const Giver givers[] = {
    { .total = 7 },
    { .total = 7, .most = 1 },
    { .total = 7, .most = 3, .in_thread = TRUE },
    { .total = 7, .most = 100 },
    { .total = 7, .failure = "broken" },
    { .total = 7, .most = 1, .failure = "broken", .in_thread = TRUE },
    { .total = 7, .most = 100, .failure = "broken" },
    { .total = 7, .most = 2, .failure = "broken", .at_once = TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (givers); i++)
    {
      Giver giver = givers[i];
      GFlowSource *source;

      giver.thread = g_thread_self ();
      source = task ? g_flow_source_new_for_task_func (give_task_func, &giver, giver_destroy)
                    : g_flow_source_new_for_func (give_func, &giver, giver_destroy);
      assert_next (source, 3, sync, "0 1 2");
      if (giver.most == 0)
        g_assert_cmpuint (giver.last_wanted, ==, 3);
      assert_next (source, 3, sync, "3 4 5");
      assert_next (source, 3, sync, "6");
      assert_next (source, 3, sync, giver.failure != NULL ? "(broken)" : "");

      const guint calls = giver.calls;

      assert_next (source, 3, sync, "");
      g_assert_cmpuint (giver.calls, ==, calls);
      g_assert_cmpuint (giver.destroyed, ==, 0);
      g_object_unref (source);
      TEST_WAIT (giver.destroyed > 0);
      g_assert_cmpuint (giver.destroyed, ==, 1);
    }
}

/* Who drops the task does not leave anybody waiting. */
static void
test_abandoned (gconstpointer sync)
{
  Giver giver = { .total = 2, .drops = TRUE, .thread = g_thread_self () };
  g_autoptr(GFlowSource) source = g_flow_source_new_for_task_func (give_task_func, &giver, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GListModel) documents = NULL;

  assert_next (source, 3, !!sync, "0 1");
  documents = g_flow_source_next_sync (source, 3, NULL, &error);
  g_assert_null (documents);
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED);
  assert_next (source, 3, !!sync, "");
}

/* A call that is cancelled takes nothing away from the next one. */
typedef struct
{
  GTask *task; /* (owned) (nullable): that of the call that waits */
  guint  given;
} Holder;

static void
hold_func (GFlowSource  *source,
           guint         n,
           GListStore   *documents,
           GTask        *task,
           gpointer      user_data,
           GError      **error)
{
  Holder *holder = user_data;

  if (holder->given < 4)
    {
      g_autofree char *text = g_strdup_printf ("%u", holder->given++);
      g_autoptr(GFlowDocument) document = g_flow_document_new_for_text (text);

      g_list_store_append (documents, document);
    }
  if (holder->given == 3 && holder->task == NULL)
    holder->task = g_object_ref (task);
  else
    g_task_return_boolean (task, TRUE);
}

static void
test_cancel (void)
{
  Holder holder = { NULL, 0 };
  g_autoptr(GFlowSource) source = g_flow_source_new_for_task_func (hold_func, &holder, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  TestResult result;

  test_result_init (&result);
  g_flow_source_next (source, 4, cancellable, test_result_cb, &result);
  TEST_WAIT (holder.task != NULL);
  g_cancellable_cancel (cancellable);
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable (holder.task)));
  g_task_return_boolean (holder.task, TRUE);
  TEST_WAIT (result.calls > 0);
  g_assert_null (g_flow_source_next_finish (source, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_result_clear (&result);
  assert_next (source, 2, FALSE, "0 1");
  assert_next (source, 9, FALSE, "2 3");
  assert_next (source, 9, FALSE, "");
  g_object_unref (holder.task);
}

static void
test_cancelled_before (gconstpointer sync)
{
  const char *texts[] = { "a", NULL };
  g_autoptr(GFlowSource) source = g_flow_source_new_for_texts (texts);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (sync != NULL ? g_flow_source_next_sync (source, 1, cancellable, &error)
                              : next_async (source, 1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_next (source, 1, !!sync, "a");
}

static void
test_pending (void)
{
  Holder holder = { NULL, 2 };
  g_autoptr(GFlowSource) source = g_flow_source_new_for_task_func (hold_func, &holder, NULL);
  g_autoptr(GError) error = NULL;
  TestResult result;

  test_result_init (&result);
  g_flow_source_next (source, 2, NULL, test_result_cb, &result);
  g_assert_null (next_async (source, 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_null (g_flow_source_next_sync (source, 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_task_return_boolean (holder.task, TRUE);
  TEST_WAIT (result.calls > 0);

  g_autoptr(GListModel) documents = g_flow_source_next_finish (source, result.result, NULL);
  g_autofree char *texts = texts_of (documents);

  g_assert_cmpstr (texts, ==, "2 3");
  test_result_clear (&result);
  g_object_unref (holder.task);
}

/* Nobody gives documents here. */
typedef GObject Mute;
typedef GObjectClass MuteClass;

static GType mute_get_type (void);

G_DEFINE_TYPE_WITH_CODE (Mute, mute, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE, NULL))

static void
mute_class_init (MuteClass *klass)
{
}

static void
mute_init (Mute *self)
{
}

static void
test_mute (gconstpointer sync)
{
  g_autoptr(GFlowSource) source = g_object_new (mute_get_type (), NULL);

  assert_next (source, 1, !!sync, "(Mute has no function that gives documents)");
  assert_next (source, 1, !!sync, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_add_both ("/source/texts", test_texts);
  test_add_both ("/source/model", test_model);
  g_test_add_data_func ("/source/func/async", GUINT_TO_POINTER (0), test_funcs);
  g_test_add_data_func ("/source/func/sync", GUINT_TO_POINTER (1), test_funcs);
  g_test_add_data_func ("/source/task-func/async", GUINT_TO_POINTER (2), test_funcs);
  g_test_add_data_func ("/source/task-func/sync", GUINT_TO_POINTER (3), test_funcs);
  test_add_both ("/source/abandoned", test_abandoned);
  g_test_add_func ("/source/cancel", test_cancel);
  test_add_both ("/source/cancelled-before", test_cancelled_before);
  g_test_add_func ("/source/pending", test_pending);
  test_add_both ("/source/mute", test_mute);
  return g_test_run ();
}
