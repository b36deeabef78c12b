/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-history.h"

#include "gflow-error.h"
#include "gflow-mutex-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/**
 * GFlowHistory:
 *
 * How long nodes took in earlier runs, so that a later one can tell how long it will take.
 *
 * A run with a [property@GFlow.FlowRun:history] knows
 * [property@GFlow.FlowRun:remaining] from its first moment, and adds what it has learned
 * when it ends: for each node that has succeeded, by its name, how long that took, and for
 * a run that has succeeded, by the name of its flow. What is kept of both is an average in
 * which later times count more.
 *
 * ```c
 * g_autoptr(GFlowHistory) history = g_flow_history_new ();
 *
 * // The first time there is no such file.
 * g_flow_history_load_sync (history, file, NULL, NULL);
 * g_flow_set_history (flow, history);
 * …
 * g_flow_history_save (history, file, NULL, NULL, NULL);
 * ```
 *
 * A history may serve many flows, if their nodes have different names.
 *
 * ## Thread safety
 *
 * All of it may be used from any thread.
 *
 * Since: 0.1
 */

/* The magic; the nodes, and the runs: name → average in seconds, and how many were seen. */
#define VARIANT_TYPE "(sa{s(du)}a{s(du)})"
#define MAGIC "GFlowHistory 1"
/* What the last one counts, at least */
#define SHARE 0.3

typedef struct
{
  double  seconds;
  guint32 n;
} Average;

struct _GFlowHistory
{
  GObject     parent_instance;

  GFlowMutex  mutex;
  GHashTable *nodes; /* (owned): name → Average; guarded by mutex, as is the next one */
  GHashTable *runs;  /* (owned) */
};

G_DEFINE_FINAL_TYPE (GFlowHistory, g_flow_history, G_TYPE_OBJECT)

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
g_flow_history_finalize (GObject *object)
{
  GFlowHistory *self = G_FLOW_HISTORY (object);

  g_hash_table_unref (self->nodes);
  g_hash_table_unref (self->runs);
  _g_flow_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (g_flow_history_parent_class)->finalize (object);
}

static void
g_flow_history_class_init (GFlowHistoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = g_flow_history_finalize;
}

static void
g_flow_history_init (GFlowHistory *self)
{
  _g_flow_mutex_init (&self->mutex);
  self->nodes = new_table ();
  self->runs = new_table ();
}

/**
 * g_flow_history_new:
 *
 * Makes a history that knows nothing.
 *
 * Returns: (transfer full): a new history
 *
 * Since: 0.1
 */
GFlowHistory *
g_flow_history_new (void)
{
  return g_object_new (G_TYPE_FLOW_HISTORY, NULL);
}

/* Durations */

static double
get_duration (GFlowHistory *self,
              GHashTable   *table,
              const char   *name)
{
  double seconds = -1.0;

  _g_flow_mutex_lock (&self->mutex);

  const Average *average = g_hash_table_lookup (table, name);

  if (average != NULL)
    seconds = average->seconds;
  _g_flow_mutex_unlock (&self->mutex);
  return seconds;
}

static void
add_duration (GFlowHistory *self,
              GHashTable   *table,
              const char   *name,
              double        seconds)
{
  _g_flow_mutex_lock (&self->mutex);

  Average *average = g_hash_table_lookup (table, name);

  if (average == NULL)
    {
      average = g_new0 (Average, 1);
      g_hash_table_insert (table, g_strdup (name), average);
    }
  if (average->n < G_MAXUINT32)
    average->n++;
  average->seconds += (seconds - average->seconds) * MAX (1.0 / average->n, SHARE);
  _g_flow_mutex_unlock (&self->mutex);
}

/**
 * g_flow_history_get_duration:
 * @self: a history
 * @name: the name of a node
 *
 * Gets how long a node takes, as far as is known.
 *
 * Returns: in seconds; -1 if nothing is known of it
 *
 * Since: 0.1
 */
double
g_flow_history_get_duration (GFlowHistory *self,
                             const char   *name)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), -1.0);
  g_return_val_if_fail (name != NULL, -1.0);

  return get_duration (self, self->nodes, name);
}

/**
 * g_flow_history_add_duration:
 * @self: a history
 * @name: the name of a node
 * @seconds: how long it took, in seconds
 *
 * Adds what is known of a node from elsewhere. Runs do so by themselves.
 *
 * Since: 0.1
 */
void
g_flow_history_add_duration (GFlowHistory *self,
                             const char   *name,
                             double        seconds)
{
  g_return_if_fail (G_IS_FLOW_HISTORY (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (isfinite (seconds) && seconds >= 0.0);

  add_duration (self, self->nodes, name, seconds);
}

/**
 * g_flow_history_get_run_duration:
 * @self: a history
 * @name: (nullable): the name of a flow
 *
 * Gets how long a run of a flow takes, as far as is known.
 *
 * Returns: in seconds; -1 if nothing is known of it
 *
 * Since: 0.1
 */
double
g_flow_history_get_run_duration (GFlowHistory *self,
                                 const char   *name)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), -1.0);

  return get_duration (self, self->runs, name != NULL ? name : "");
}

/**
 * g_flow_history_add_run_duration:
 * @self: a history
 * @name: (nullable): the name of a flow
 * @seconds: how long a run of it took, in seconds
 *
 * Adds what is known of a flow from elsewhere. Runs do so by themselves.
 *
 * Since: 0.1
 */
void
g_flow_history_add_run_duration (GFlowHistory *self,
                                 const char   *name,
                                 double        seconds)
{
  g_return_if_fail (G_IS_FLOW_HISTORY (self));
  g_return_if_fail (isfinite (seconds) && seconds >= 0.0);

  add_duration (self, self->runs, name != NULL ? name : "", seconds);
}

/**
 * g_flow_history_forget:
 * @self: a history
 *
 * Forgets all that is known.
 *
 * Since: 0.1
 */
void
g_flow_history_forget (GFlowHistory *self)
{
  g_return_if_fail (G_IS_FLOW_HISTORY (self));

  _g_flow_mutex_lock (&self->mutex);
  g_hash_table_remove_all (self->nodes);
  g_hash_table_remove_all (self->runs);
  _g_flow_mutex_unlock (&self->mutex);
}

/* As a variant */

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* By name, so that what is the same looks the same. */
static GVariant *
table_to_variant (GHashTable *table)
{
  GVariantBuilder builder;
  guint n;
  g_autofree const char **names = (const char **) g_hash_table_get_keys_as_array (table, &n);

  if (n > 1)
    qsort (names, n, sizeof *names, compare_names);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{s(du)}"));
  for (guint i = 0; i < n; i++)
    {
      const Average *average = g_hash_table_lookup (table, names[i]);

      g_variant_builder_add (&builder, "{s(du)}", names[i], average->seconds, average->n);
    }
  return g_variant_builder_end (&builder);
}

/**
 * g_flow_history_to_variant:
 * @self: a history
 *
 * Makes a variant of all that is known, to be kept among the things that an application
 * keeps, and given to [method@GFlow.FlowHistory.load_variant] another time.
 *
 * Returns: (transfer full): a variant, of a type that may change
 *
 * Since: 0.1
 */
GVariant *
g_flow_history_to_variant (GFlowHistory *self)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), NULL);

  _g_flow_mutex_lock (&self->mutex);

  GVariant *variant = g_variant_new ("(s@a{s(du)}@a{s(du)})", MAGIC,
                                     table_to_variant (self->nodes), table_to_variant (self->runs));

  _g_flow_mutex_unlock (&self->mutex);
  return g_variant_ref_sink (variant);
}

/* NULL if there is something in it that cannot be. */
static GHashTable *
table_from_variant (GVariant *variant)
{
  g_autoptr(GHashTable) table = new_table ();
  GVariantIter iter;
  Average read;
  const char *name;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&s(du)}", &name, &read.seconds, &read.n))
    {
      if (!isfinite (read.seconds) || read.seconds < 0.0 || read.n == 0)
        return NULL;
      g_hash_table_replace (table, g_strdup (name), g_memdup2 (&read, sizeof read));
    }
  return g_steal_pointer (&table);
}

static void
swap_tables (GHashTable **a,
             GHashTable **b)
{
  GHashTable *other = *a;

  *a = *b;
  *b = other;
}

/**
 * g_flow_history_load_variant:
 * @self: a history
 * @variant: what [method@GFlow.FlowHistory.to_variant] has given
 * @error: return location for an error
 *
 * Takes over what is in a variant, in place of what is known. If it is not that of a
 * history, the error is %G_FLOW_ERROR_BAD_FILE, and nothing changes.
 *
 * Returns: %TRUE if it was taken over
 *
 * Since: 0.1
 */
gboolean
g_flow_history_load_variant (GFlowHistory  *self,
                             GVariant      *variant,
                             GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), FALSE);
  g_return_val_if_fail (variant != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GVariant) nodes = NULL;
  g_autoptr(GVariant) runs = NULL;
  g_autoptr(GHashTable) node_table = NULL;
  g_autoptr(GHashTable) run_table = NULL;
  const char *magic;

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE (VARIANT_TYPE)) &&
      g_variant_is_normal_form (variant))
    {
      g_variant_get (variant, "(&s@a{s(du)}@a{s(du)})", &magic, &nodes, &runs);
      if (g_str_equal (magic, MAGIC))
        {
          node_table = table_from_variant (nodes);
          run_table = table_from_variant (runs);
        }
    }
  if (node_table == NULL || run_table == NULL)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                           _("This is not the history of a flow"));
      return FALSE;
    }

  _g_flow_mutex_lock (&self->mutex);
  swap_tables (&self->nodes, &node_table);
  swap_tables (&self->runs, &run_table);
  _g_flow_mutex_unlock (&self->mutex);
  return TRUE;
}

/* As a file: the bytes of the variant, the lowest first */

static GBytes *
to_bytes (GFlowHistory *self)
{
  g_autoptr(GVariant) variant = g_flow_history_to_variant (self);

  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    {
      GVariant *swapped = g_variant_byteswap (variant);

      g_variant_unref (variant);
      variant = swapped;
    }
  return g_variant_get_data_as_bytes (variant);
}

static gboolean
load_bytes (GFlowHistory  *self,
            char          *contents,
            gsize          length,
            GError       **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new_take (contents, length);
  g_autoptr(GVariant) variant =
    g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (VARIANT_TYPE), bytes, FALSE));

  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    {
      GVariant *swapped = g_variant_byteswap (variant);

      g_variant_unref (variant);
      variant = swapped;
    }
  return g_flow_history_load_variant (self, variant, error);
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  char *contents;
  gsize length;

  if (g_file_load_contents_finish (G_FILE (object), result, &contents, &length, NULL, &error) &&
      load_bytes (g_task_get_source_object (task), contents, length, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * g_flow_history_load:
 * @self: a history
 * @file: where it was saved
 * @cancellable: (nullable): ends the loading
 * @callback: (scope async) (closure user_data): called when it has ended
 * @user_data: data for @callback
 *
 * Takes over what is in a file, in place of what is known. If there is no such file, as
 * before the first run, the error is %G_IO_ERROR_NOT_FOUND; if it is damaged, or something
 * else, %G_FLOW_ERROR_BAD_FILE. Then nothing changes.
 *
 * Since: 0.1
 */
void
g_flow_history_load (GFlowHistory        *self,
                     GFile               *file,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_HISTORY (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, g_flow_history_load);
  /* What is done is done. */
  g_task_set_check_cancellable (task, FALSE);
  g_file_load_contents_async (file, cancellable, loaded_cb, task);
}

/**
 * g_flow_history_load_finish:
 * @self: a history
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowHistory.load] has begun.
 *
 * Returns: %TRUE if the file was taken over
 *
 * Since: 0.1
 */
gboolean
g_flow_history_load_finish (GFlowHistory  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_history_load_sync:
 * @self: a history
 * @file: where it was saved
 * @cancellable: (nullable): ends the loading
 * @error: return location for an error
 *
 * Takes over what is in a file, blocking the calling thread: see
 * [method@GFlow.FlowHistory.load].
 *
 * Returns: %TRUE if the file was taken over
 *
 * Since: 0.1
 */
gboolean
g_flow_history_load_sync (GFlowHistory  *self,
                          GFile         *file,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  char *contents;
  gsize length;

  return g_file_load_contents (file, cancellable, &contents, &length, NULL, error) &&
         load_bytes (self, contents, length, error);
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * g_flow_history_save:
 * @self: a history
 * @file: where to save it
 * @cancellable: (nullable): ends the saving
 * @callback: (scope async) (closure user_data): called when it has ended
 * @user_data: data for @callback
 *
 * Writes all that is known to a file, in place of what is in it. The file is replaced at
 * once, or not at all.
 *
 * Since: 0.1
 */
void
g_flow_history_save (GFlowHistory        *self,
                     GFile               *file,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_HISTORY (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GBytes) bytes = to_bytes (self);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, g_flow_history_save);
  /* What is done is done. */
  g_task_set_check_cancellable (task, FALSE);
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_NONE,
                                       cancellable, saved_cb, task);
}

/**
 * g_flow_history_save_finish:
 * @self: a history
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowHistory.save] has begun.
 *
 * Returns: %TRUE if it was saved
 *
 * Since: 0.1
 */
gboolean
g_flow_history_save_finish (GFlowHistory  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_history_save_sync:
 * @self: a history
 * @file: where to save it
 * @cancellable: (nullable): ends the saving
 * @error: return location for an error
 *
 * Writes all that is known to a file, blocking the calling thread: see
 * [method@GFlow.FlowHistory.save].
 *
 * Returns: %TRUE if it was saved
 *
 * Since: 0.1
 */
gboolean
g_flow_history_save_sync (GFlowHistory  *self,
                          GFile         *file,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_HISTORY (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GBytes) bytes = to_bytes (self);
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return g_file_replace_contents (file, data, length, NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                                  cancellable, error);
}
