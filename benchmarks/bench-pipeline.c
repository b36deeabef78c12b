/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-pipeline: what a request costs, and a document of it, through executors that do nothing,
 * or that wait. */

#include <gflow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int request_size = 1, wait_ms, in_flight;
static gboolean ordered, looks;
static char *kind = "made";

static const GOptionEntry entries[] = {
  { "request-size", 0, 0, G_OPTION_ARG_INT, &request_size, "documents in a request (1)", "N" },
  { "in-flight", 0, 0, G_OPTION_ARG_INT, &in_flight, "requests at once (as posts do)", "N" },
  { "wait", 0, 0, G_OPTION_ARG_INT, &wait_ms, "a task returns so much later (0)", "MS" },
  { "documents", 0, 0, G_OPTION_ARG_STRING, &kind,
    "made by a function, ready in a list, or texts (made)", "KIND" },
  { "look", 0, 0, G_OPTION_ARG_NONE, &looks, "who gets an answer looks at its documents", NULL },
  { "ordered", 0, 0, G_OPTION_ARG_NONE, &ordered, "answers in the order of requests", NULL },
  { NULL },
};

typedef enum
{
  NONE,     /* bound for nothing: requests pass by */
  SYNC,     /* a function on workers */
  CONTEXT,  /* a function in the main context */
  TASK,     /* a task, which returns at once or later */
} Mode;

static const char *mode_names[] = { "none", "sync", "context", "task" };

typedef struct
{
  guint    n_executors;
  Mode     mode;
  guint    n_documents;
  guint    n_given;      /* of these, in this run */
  guint    n_answered;   /* documents that have come back, or requests */
  GFlow   *flow;         /* (owned) */
  GListModel *ready;     /* (owned) (nullable): documents that are there already */
  char   **texts;        /* (owned) (nullable): of documents that are not */
} Bench;

/* Executors */

#define BENCH_TYPE_EXECUTOR (bench_executor_get_type ())

G_DECLARE_FINAL_TYPE (BenchExecutor, bench_executor, BENCH, EXECUTOR, GFlowExecutor)

struct _BenchExecutor
{
  GFlowExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (BenchExecutor, bench_executor, G_TYPE_FLOW_EXECUTOR)

static void
bench_executor_class_init (BenchExecutorClass *klass)
{
}

static void
bench_executor_init (BenchExecutor *self)
{
}

static gboolean
serve (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GCancellable   *cancellable,
       gpointer        user_data,
       GError        **error)
{
  return TRUE;
}

static gboolean
return_cb (gpointer user_data)
{
  g_task_return_boolean (user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
start (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GTask          *task,
       gpointer        user_data,
       GError        **error)
{
  if (wait_ms == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  g_autoptr (GSource) source = g_timeout_source_new ((guint) wait_ms);

  g_source_set_callback (source, return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
build (Bench *self,
       guint  n_threads)
{
  self->flow = g_flow_new ();
  g_flow_set_max_threads (self->flow, n_threads);
  for (guint i = 0; i < self->n_executors; i++)
    {
      g_autoptr (GFlowExecutor) executor = g_object_new (BENCH_TYPE_EXECUTOR, NULL);
      GFlowNode *node = g_flow_add_executor (self->flow, NULL, executor, NULL, NULL);

      if (self->mode == TASK)
        g_flow_executor_bind_task (executor, NULL, start, NULL, NULL);
      else if (self->mode != NONE)
        g_flow_executor_bind (executor, NULL, serve, NULL, NULL);
      if (self->mode == CONTEXT)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
    }
  if (!g_flow_open_sync (self->flow, NULL, NULL))
    abort ();
}

/* Requests */

static gboolean
give (GFlowSource  *source,
      guint         n_documents,
      GListStore   *documents,
      gpointer      user_data,
      GError      **error)
{
  Bench *self = user_data;

  for (; n_documents > 0 && self->n_given < self->n_documents; n_documents--)
    {
      g_autoptr (GFlowDocument) document = g_flow_document_new ();

      g_list_store_append (documents, document);
      self->n_given++;
    }
  return TRUE;
}

static gboolean
count (GFlowPost     *post,
       GFlowRequest  *request,
       gpointer       user_data,
       GError       **error)
{
  Bench *self = user_data;

  self->n_answered +=
    looks ? g_list_model_get_n_items (g_flow_request_get_documents (request)) : 1;
  return TRUE;
}

/* What there is before the clock starts. */
static gboolean
prepare_documents (Bench *self)
{
  if (strcmp (kind, "texts") == 0)
    {
      self->texts = g_new0 (char *, self->n_documents + 1);
      for (guint i = 0; i < self->n_documents; i++)
        self->texts[i] = g_strdup ("What a request costs");
    }
  else if (strcmp (kind, "ready") == 0)
    {
      self->ready = G_LIST_MODEL (g_list_store_new (G_TYPE_FLOW_DOCUMENT));
      for (guint i = 0; i < self->n_documents; i++)
        {
          g_autoptr (GFlowDocument) document = g_flow_document_new ();

          g_list_store_append (G_LIST_STORE (self->ready), document);
        }
    }
  return self->texts != NULL || self->ready != NULL || strcmp (kind, "made") == 0;
}

static GFlowSource *
make_source (Bench *self)
{
  if (self->texts != NULL)
    return g_flow_source_new_for_texts ((const char * const *) self->texts);
  if (self->ready != NULL)
    return g_flow_source_new_for_model (self->ready);
  return g_flow_source_new_for_func (give, self, NULL);
}

/* All documents once: how long it took, in nanoseconds. */
static double
run (Bench *self)
{
  g_autoptr (GFlowPost) post = g_flow_post (self->flow, "/");
  g_autoptr (GFlowSource) source = make_source (self);
  const guint n_expected =
    looks ? self->n_documents : (self->n_documents + request_size - 1) / request_size;
  const gint64 before = g_get_monotonic_time ();

  self->n_given = self->n_answered = 0;
  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, (guint) request_size);
  g_flow_post_set_max_in_flight (post, (guint) in_flight);
  g_flow_post_set_ordered (post, ordered);
  g_flow_post_set_done_func (post, count, self, NULL);
  if (!g_flow_post_run_sync (post, NULL, NULL) || self->n_answered != n_expected)
    abort ();
  return (double) (g_get_monotonic_time () - before) * 1000;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  const double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
resident_kib (void)
{
  long total = 0, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file != NULL)
    {
      if (fscanf (file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
      fclose (file);
    }
  return (double) resident * (double) sysconf (_SC_PAGESIZE) / 1024;
}

static void
measure (Bench *self,
         guint  n_threads,
         guint  n_repeats)
{
  g_autofree double *ns = g_new (double, n_repeats);
  const double n_requests = (self->n_documents + request_size - 1) / request_size;
  double resident[2], first;
  struct rusage usage;

  build (self, n_threads);
  first = run (self);
  resident[0] = resident_kib ();
  for (guint i = 0; i < n_repeats; i++)
    ns[i] = run (self);
  resident[1] = resident_kib ();
  g_flow_close_sync (self->flow, NULL, NULL);
  g_object_unref (self->flow);
  g_strfreev (self->texts);
  g_clear_object (&self->ready);
  getrusage (RUSAGE_SELF, &usage);
  qsort (ns, n_repeats, sizeof *ns, compare_doubles);

  printf ("{\"peer\":\"pipeline\",\"executors\":%u,\"mode\":\"%s\",\"documents\":%u,"
          "\"kind\":\"%s\",\"request_size\":%d,\"threads\":%u,\"repeats\":%u,",
          self->n_executors, mode_names[self->mode], self->n_documents, kind, request_size,
          n_threads, n_repeats);
  printf ("\"run_ms\":%.2f,\"ns_per_request\":%.1f,\"min_ns_per_request\":%.1f,"
          "\"first_ns_per_request\":%.1f,\"ns_per_document\":%.1f,",
          ns[n_repeats / 2] / 1e6, ns[n_repeats / 2] / n_requests, ns[0] / n_requests,
          first / n_requests, ns[n_repeats / 2] / self->n_documents);
  printf ("\"resident_kib\":[%.0f,%.0f],\"peak_kib\":%ld}\n", resident[0], resident[1],
          usage.ru_maxrss);
}

static gboolean
parse (Bench *self,
       char  *word)
{
  char *mode = strchr (word, '@');

  self->mode = SYNC;
  if (mode != NULL)
    {
      *mode++ = '\0';
      for (self->mode = 0; self->mode < G_N_ELEMENTS (mode_names); self->mode++)
        if (strcmp (mode_names[self->mode], mode) == 0)
          break;
    }
  self->n_executors = (guint) atoi (word);
  return self->mode < G_N_ELEMENTS (mode_names);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GOptionContext) options = g_option_context_new (
    "EXECUTORS[@MODE] DOCUMENTS THREADS REPEATS");
  g_autoptr (GError) error = NULL;
  Bench bench = { 0 };

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 5 ||
      !parse (&bench, argv[1]) || request_size < 1 || atoi (argv[4]) < 1)
    {
      fprintf (stderr, "%s\n", error != NULL ? error->message
                                             : "bench-pipeline EXECUTORS[@MODE] DOCUMENTS THREADS "
                                               "REPEATS; modes: none, sync, context, task");
      return 2;
    }
  bench.n_documents = (guint) atoi (argv[2]);
  if (!prepare_documents (&bench))
    {
      fprintf (stderr, "--documents: made, ready, or texts\n");
      return 2;
    }
  measure (&bench, (guint) atoi (argv[3]), (guint) atoi (argv[4]));
  return 0;
}
