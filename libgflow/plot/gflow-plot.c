/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "graph/gflow-flow-private.h"
#include "run/gflow-run.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Pictures in files: text is written as it is, all else is drawn by Graphviz. */

#define GRAPHVIZ "dot"
/* What Graphviz says when it fails is quoted up to here. */
#define MAX_COMPLAINT 1000

typedef struct
{
  const char *suffix;
  char     *(*write) (GFlow    *flow,
                      GFlowRun *run);
  const char *option;  /* (nullable): how Graphviz is told to draw it */
} Format;

static const Format formats[] = {
  { ".svg", g_flow_to_dot, "-Tsvg" },
  { ".png", g_flow_to_dot, "-Tpng" },
  { ".pdf", g_flow_to_dot, "-Tpdf" },
  { ".dot", g_flow_to_dot, NULL },
  { ".gv", g_flow_to_dot, NULL },
  { ".mmd", g_flow_to_mermaid, NULL },
  { ".mermaid", g_flow_to_mermaid, NULL },
};

static const Format *
find_format (GFile   *file,
             GError **error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *lower = g_utf8_strdown (name, -1);
  g_autofree char *shown = g_filename_display_name (name);
  g_autoptr(GString) known = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      if (g_str_has_suffix (lower, formats[i].suffix))
        return &formats[i];
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", formats[i].suffix);
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
               _("“%s” does not say what kind of picture it is to be; it may end in %s"),
               shown, known->str);
  return NULL;
}

static void
written_cb (GObject      *object,
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

/* Takes @task. A file that was there is replaced when all has been written. */
static void
write_file (GTask  *task,
            GBytes *content)
{
  g_file_replace_contents_bytes_async (g_task_get_task_data (task), content, NULL, FALSE,
                                       G_FILE_CREATE_NONE, g_task_get_cancellable (task),
                                       written_cb, task);
}

static GError *
make_complaint (GBytes *said)
{
  gsize size;
  const char *data = g_bytes_get_data (said, &size);
  g_autofree char *text = g_utf8_make_valid (data != NULL ? data : "", MIN (size, MAX_COMPLAINT));

  g_strstrip (text);
  return *text != '\0'
           ? g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                          _("Graphviz could not draw the flow: %s"), text)
           : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                  _("Graphviz could not draw the flow"));
}

/* A drawing that is given up. It is over when the process has gone, and when the last of what
 * was to read from it has: that needs the context, and holds the cancellable. */
typedef struct
{
  GTask  *task;      /* (owned) */
  GError *error;     /* (owned) */
  guint   n_pending;
} Failure;

static void
end_failure (Failure *failure)
{
  if (--failure->n_pending > 0)
    return;

  g_task_return_error (failure->task, failure->error);
  g_object_unref (failure->task);
  g_free (failure);
}

static void
killed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL);
  end_failure (user_data);
}

static void
let_go_cb (gpointer  user_data,
           GObject  *where_the_result_was)
{
  end_failure (user_data);
}

/* Nobody waits for the picture any more. Takes @task and @error. What reads has references to
 * @result: it is the first that has ended. */
static void
kill_graphviz (GSubprocess  *process,
               GAsyncResult *result,
               GTask        *task,
               GError       *error)
{
  Failure *failure = g_new (Failure, 1);

  *failure = (Failure) { task, error, 2 };
  g_object_weak_ref (G_OBJECT (result), let_go_cb, failure);
  g_subprocess_force_exit (process);
  g_subprocess_wait_async (process, NULL, killed_cb, failure);
}

static void
drawn_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  GSubprocess *process = G_SUBPROCESS (object);
  g_autoptr(GTask) task = user_data;
  g_autoptr(GBytes) picture = NULL;
  g_autoptr(GBytes) said = NULL;
  GError *error = NULL;

  if (!g_subprocess_communicate_finish (process, result, &picture, &said, &error))
    kill_graphviz (process, result, g_steal_pointer (&task), error);
  else if (!g_subprocess_get_successful (process) || g_bytes_get_size (picture) == 0)
    g_task_return_error (task, make_complaint (said));
  else
    write_file (g_steal_pointer (&task), picture);
}

/* Graphviz reads from a file that has no name. Not from a pipe: if it ends before it has read
 * all, to write on would raise SIGPIPE, and end the whole program. */
static int
open_input (const char  *text,
            GError     **error)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("gflow-XXXXXX.dot", &name, error);

  if (fd < 0)
    return -1;

  g_unlink (name);
  for (gsize left = strlen (text); left > 0;)
    {
      const gssize n = write (fd, text, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno),
                               g_strerror (errno));
          g_close (g_steal_fd (&fd), NULL);
          return -1;
        }
      text += n;
      left -= n;
    }
  lseek (fd, 0, SEEK_SET);
  return fd;
}

static GSubprocess *
start_graphviz (const char  *dot,
                const char  *option,
                GError     **error)
{
  g_autoptr(GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autofree char *program = g_find_program_in_path (GRAPHVIZ);

  if (program == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("The program “%s” of Graphviz is needed to draw the flow, and is not "
                     "installed; files that end in .dot or .mmd need nothing"), GRAPHVIZ);
      return NULL;
    }

  const int fd = open_input (dot, error);

  if (fd < 0)
    return NULL;

  g_subprocess_launcher_take_stdin_fd (launcher, fd);
  return g_subprocess_launcher_spawn (launcher, error, program, option, NULL);
}

/* Takes @task. */
static void
draw (GTask      *task,
      const char *dot,
      const char *option)
{
  GError *error = NULL;
  g_autoptr(GSubprocess) process = start_graphviz (dot, option, &error);

  if (process == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_subprocess_communicate_async (process, NULL, g_task_get_cancellable (task), drawn_cb, task);
}

/**
 * g_flow_plot:
 * @self: a flow
 * @file: where the picture goes; its suffix says what it is to be: `.svg`, `.png` or
 *   `.pdf`, drawn by Graphviz; `.dot` or `.gv`, which is what Graphviz reads; `.mmd` or
 *   `.mermaid` for Mermaid
 * @run: (nullable): a run of the flow, to draw the nodes by their states in it
 * @cancellable: (nullable): cancels the drawing
 * @callback: (scope async) (closure user_data): called when the picture is in the file
 * @user_data: data for @callback
 *
 * Draws the flow as it stands now into a file, which is replaced as a whole. The flow, and
 * the run, may go on meanwhile. It goes from left to right, unless another
 * [property@GFlow.Flow:direction] is set. See [method@GFlow.Flow.to_dot] for what is shown.
 *
 * If Graphviz, of which the program `dot` is used, is not installed, pictures fail with
 * %G_IO_ERROR_NOT_SUPPORTED; the other formats need nothing. Graphviz draws a thousand
 * nodes in about a second, but three thousand in ten, and takes longer than anybody waits for
 * tens of thousands: cancel it, or write a `.dot` file and have another of its programs, like
 * `sfdp`, draw that.
 *
 * With @run, a flow that [method@GFlow.Flow.validate] refuses is refused here, too.
 *
 * Since: 0.1
 */
void
g_flow_plot (GFlow               *self,
             GFile               *file,
             GFlowRun            *run,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (run == NULL || G_IS_FLOW_RUN (run));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  GTask *task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  const Format *format = find_format (file, &error);

  g_task_set_source_tag (task, g_flow_plot);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  if (format == NULL || (run != NULL && !g_flow_validate (self, &error)))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  g_autofree char *text = format->write (self, run);

  if (format->option != NULL)
    {
      draw (task, text, format->option);
      return;
    }

  const gsize length = strlen (text);
  g_autoptr(GBytes) content = g_bytes_new_take (g_steal_pointer (&text), length);

  write_file (task, content);
}

/**
 * g_flow_plot_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.Flow.plot] has begun.
 *
 * Returns: %TRUE if the picture is in the file
 *
 * Since: 0.1
 */
gboolean
g_flow_plot_finish (GFlow         *self,
                    GAsyncResult  *result,
                    GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
plotted_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_set_object ((GAsyncResult **) user_data, result);
}

/**
 * g_flow_plot_sync:
 * @self: a flow
 * @file: where the picture goes
 * @run: (nullable): a run of the flow, to draw the nodes by their states in it
 * @cancellable: (nullable): cancels the drawing
 * @error: return location for an error
 *
 * Draws the flow into a file as [method@GFlow.Flow.plot] does, blocking the calling
 * thread. The caller's main context is not iterated.
 *
 * Returns: %TRUE if the picture is in the file
 *
 * Since: 0.1
 */
gboolean
g_flow_plot_sync (GFlow         *self,
                  GFile         *file,
                  GFlowRun      *run,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (run == NULL || G_IS_FLOW_RUN (run), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  g_flow_plot (self, file, run, cancellable, plotted_cb, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return g_flow_plot_finish (self, result, error);
}
