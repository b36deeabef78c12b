/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-timeline-private.h"

#include "gflow-enum-types.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* Traces in the format of Chrome's about:tracing, which Perfetto reads. Each run is a process
 * of it, and each track a thread. */

typedef struct
{
  GString *json;
  guint    number;   /* of the run */
  guint    n_runs;   /* numbers that are given away */
  gboolean alone;    /* the runs that are parts of nodes are written elsewhere */
  guint    n_arrows;
  gboolean first;    /* nothing was written yet */
} Writer;

static void
append_string (GString    *json,
               const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *p = valid; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_printf (json, "\\%c", *p);
      else if ((guchar) *p < 0x20 || *p == 0x7f)
        g_string_append_printf (json, "\\u%04x", (guint) *p);
      else
        g_string_append_c (json, *p);
    }
  g_string_append_c (json, '"');
}

static void
begin_event (Writer     *writer,
             const char *phase)
{
  g_string_append (writer->json, writer->first ? "" : ",\n");
  g_string_append_printf (writer->json, "{\"ph\":\"%s\",\"pid\":%u", phase, writer->number);
  writer->first = FALSE;
}

static void
append_member (Writer     *writer,
               const char *name,
               const char *value)
{
  g_string_append_printf (writer->json, "\"%s\":", name);
  append_string (writer->json, value);
}

/* A name of the process, or of a thread of it. */
static void
append_name (Writer     *writer,
             const char *kind,
             guint       track,
             const char *name)
{
  begin_event (writer, "M");
  g_string_append_printf (writer->json, ",\"tid\":%u,\"name\":\"%s\",\"args\":{", track, kind);
  append_member (writer, "name", name);
  g_string_append (writer->json, "}}");
}

static void
append_names (Writer        *writer,
              GFlowTimeline *timeline,
              const char    *of_node)
{
  const char *flow_name = g_flow_get_name (timeline->run->flow);
  g_autofree char *name = g_strjoin (", ", flow_name != NULL ? flow_name : _("Run"), of_node, NULL);

  append_name (writer, "process_name", 0, name);
  for (guint i = 0; i < timeline->tracks->len; i++)
    {
      g_autofree char *track = _g_flow_timeline_dup_name (timeline, i);

      append_name (writer, "thread_name", i, track);
      begin_event (writer, "M");
      g_string_append_printf (writer->json, ",\"tid\":%u,\"name\":\"thread_sort_index\","
                              "\"args\":{\"sort_index\":%u}}", i, i);
    }
}

static const char *
get_state_nick (GFlowNodeState state)
{
  g_autoptr(GEnumClass) enum_class = g_type_class_ref (G_TYPE_FLOW_NODE_STATE);

  return g_enum_get_value (enum_class, state)->value_nick;
}

static void
append_slice (Writer           *writer,
              GFlowTimeline    *timeline,
              const GFlowSlice *slice)
{
  GFlowNode *node = timeline->run->plan->nodes[slice->index].node;
  const GError *error = slice->state == G_FLOW_NODE_STATE_FAILED
                          ? g_flow_run_get_node_error (timeline->run, node) : NULL;

  begin_event (writer, "X");
  g_string_append_printf (writer->json, ",\"tid\":%u,\"cat\":\"node\",\"ts\":%" G_GINT64_FORMAT
                          ",\"dur\":%" G_GINT64_FORMAT ",",
                          slice->track, slice->start, slice->end - slice->start);
  append_member (writer, "name", g_flow_node_get_title (node));
  g_string_append (writer->json, ",\"args\":{");
  append_member (writer, "node", g_flow_node_get_name (node));
  g_string_append_c (writer->json, ',');
  append_member (writer, "state", get_state_nick (slice->state));
  g_string_append_printf (writer->json, ",\"attempt\":%u", slice->attempt);
  if (slice->ready > 0)
    g_string_append_printf (writer->json, ",\"waited\":%" G_GINT64_FORMAT,
                            MAX (slice->start - slice->ready, 0));
  if (slice->critical)
    g_string_append (writer->json, ",\"critical\":true");
  if (error != NULL)
    {
      g_string_append_c (writer->json, ',');
      append_member (writer, "error", error->message);
    }
  g_string_append (writer->json, "}}");
}

/* An arrow is tied to the slice that its end is in. */
static void
append_arrow (Writer           *writer,
              const GFlowSlice *from,
              const GFlowSlice *to)
{
  const guint id = ++writer->n_arrows;

  begin_event (writer, "s");
  g_string_append_printf (writer->json, ",\"tid\":%u,\"cat\":\"need\",\"name\":\"need\","
                          "\"id\":\"%u.%u\",\"ts\":%" G_GINT64_FORMAT "}",
                          from->track, writer->number, id, MAX (from->end - 1, from->start));
  begin_event (writer, "f");
  g_string_append_printf (writer->json, ",\"tid\":%u,\"cat\":\"need\",\"name\":\"need\","
                          "\"id\":\"%u.%u\",\"bp\":\"e\",\"ts\":%" G_GINT64_FORMAT "}",
                          to->track, writer->number, id, to->start);
}

static void
append_arrows (Writer           *writer,
               GFlowTimeline    *timeline,
               const GFlowSlice *slice)
{
  guint32 n_upstreams;
  const guint32 *upstreams =
    _g_flow_plan_upstreams (timeline->run->plan, slice->index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const GFlowSlice *upstream = _g_flow_timeline_slice_of (timeline, upstreams[k]);

      if (upstream != NULL)
        append_arrow (writer, upstream, slice);
    }
}

/* @of_node is the name of the node that the run belongs to, if it belongs to one. */
static void
append_run (Writer     *writer,
            GFlowRun   *run,
            const char *of_node)
{
  g_autoptr(GFlowTimeline) timeline = _g_flow_timeline_new (run);
  g_autoptr(GArray) kept = _g_flow_run_dup_kept (run);
  const guint number = writer->number;

  append_names (writer, timeline, of_node);
  for (guint i = 0; i < timeline->slices->len; i++)
    append_slice (writer, timeline, _g_flow_timeline_slice (timeline, i));
  for (guint i = 0; i < timeline->slices->len; i++)
    append_arrows (writer, timeline, _g_flow_timeline_slice (timeline, i));
  g_clear_pointer (&timeline, _g_flow_timeline_free);

  for (guint i = 0; i < kept->len && !writer->alone; i++)
    {
      const GFlowKept *part = &g_array_index (kept, GFlowKept, i);

      writer->number = ++writer->n_runs;
      append_run (writer, part->run, g_flow_node_get_name (run->plan->nodes[part->index].node));
    }
  writer->number = number;
}

/**
 * g_flow_run_to_trace:
 * @self: a run
 *
 * Writes down when the nodes ran and where, as JSON that [Perfetto](https://ui.perfetto.dev)
 * and the tracing of Chrome show: a track for each worker, and one for the context, with a
 * slice for each node, and an arrow from each node to those that needed it. Slices say
 * the state, the attempt, how many microseconds the node had to wait after what it
 * needs had ended, and the error. Runs of flows that are nodes are groups of
 * tracks by themselves.
 *
 * [property@GFlow.FlowRun:keep-record] must be set before the run starts: without, the trace
 * is empty. Of a run that runs still, it shows what has happened until now. To be
 * called in the owner context.
 *
 * Returns: (transfer full): a JSON object
 *
 * Since: 0.1
 */
char *
g_flow_run_to_trace (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  GString *json = g_string_new ("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
  Writer writer = { .json = json, .number = 1, .n_runs = 1, .first = TRUE };

  append_run (&writer, self, NULL);
  g_string_append (json, "\n]}\n");
  return g_string_free (json, FALSE);
}

/* For GFLOW_DEBUG */

#define FILE_HEAD "[\n"
#define FILE_TAIL "\n]\n"

static FILE *
open_file (const char *path,
           gboolean    is_new)
{
  FILE *file = g_fopen (path, is_new ? "w" : "r+");

  if (file == NULL)
    return NULL;
  /* In place of the end that is there. */
  if (is_new)
    fputs (FILE_HEAD, file);
  else
    fseek (file, -(long) strlen (FILE_TAIL), SEEK_END);
  return file;
}

/* The file is a list of events, and complete after each run. The first of the process begins it
 * anew. */
gboolean
_g_flow_trace_append_to_file (const char  *path,
                              GFlowRun    *run,
                              guint        number,
                              GError     **error)
{
  static GFlowMutex mutex = G_FLOW_MUTEX_INIT;
  static gboolean begun; /* guarded by it */
  g_autoptr(GString) json = g_string_new (NULL);
  gboolean well = FALSE;

  _g_flow_mutex_lock (&mutex);

  Writer writer = { .json = json, .number = number, .alone = TRUE, .first = !begun };
  FILE *file = open_file (path, !begun);

  append_run (&writer, run, NULL);
  g_string_append (json, FILE_TAIL);
  if (file != NULL)
    {
      begun = TRUE;
      well = fputs (json->str, file) >= 0;
      well = fclose (file) == 0 && well;
    }
  if (!well)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                 _("The trace could not be written to “%s”: %s"), path, g_strerror (errno));
  _g_flow_mutex_unlock (&mutex);
  return well;
}
