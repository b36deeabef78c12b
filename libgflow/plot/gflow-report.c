/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-timeline-private.h"

#include <glib/gi18n-lib.h>

/* What a run has spent its time with. */
typedef struct
{
  gint64 duration;
  gint64 busy;           /* of all workers together */
  guint  n_workers;      /* that the run may have had at the same time */
  double utilisation;
  gint64 as_it_was;      /* on paper */
  gint64 with_one_more;
} Figures;

static Figures
find_figures (GFlowTimeline *timeline)
{
  Figures figures = {
    .duration = timeline->end - timeline->start,
    .n_workers = timeline->run->n_lanes,
  };

  for (guint i = 0; i < timeline->slices->len; i++)
    {
      const GFlowSlice *slice = _g_flow_timeline_slice (timeline, i);

      if (g_array_index (timeline->tracks, GFlowTrack, slice->track).worker > 0)
        figures.busy += slice->end - slice->start;
    }
  if (figures.duration > 0 && figures.n_workers > 0)
    figures.utilisation = MIN ((double) figures.busy / figures.duration / figures.n_workers, 1.0);
  if (figures.n_workers > 0)
    {
      figures.as_it_was = _g_flow_timeline_simulate (timeline, figures.n_workers);
      figures.with_one_more = _g_flow_timeline_simulate (timeline, figures.n_workers + 1);
    }
  return figures;
}

static gint64
get_saving (const Figures *figures)
{
  return MAX (figures->as_it_was - figures->with_one_more, 0);
}

static const char *
get_critical_name (GFlowTimeline *timeline,
                   guint          position)
{
  const guint32 slice = g_array_index (timeline->critical, guint32, position);

  return g_flow_node_get_name (
    timeline->run->plan->nodes[_g_flow_timeline_slice (timeline, slice)->index].node);
}

/**
 * g_flow_run_dup_report:
 * @self: a run
 *
 * Finds out what the run has spent its time with: a dictionary with
 *
 * - `duration` (x): from the start of the run to the end of its last node
 * - `n-nodes` (u): nodes that were run
 * - `n-workers` (u): workers that the run may have had at the same time
 * - `busy` (x): how long these have worked, all together
 * - `utilisation` (d): which part of their time that is, from 0 to 1
 * - `critical-path` (as): names of nodes, each of which needs the one before, that together
 *   took longer than any other such chain; the run could not have been shorter, however many
 *   workers it had
 * - `critical-duration` (x): how long these took
 * - `one-more-worker` (x): how much less time the run would have taken with one more worker.
 *   That is simulated, with the times that the nodes took, their locks and priorities, and
 *   `max-parallel`; that nodes may slow each other down is left out.
 *
 * Times are in microseconds. [property@GFlow.FlowRun:keep-record] must be set before the run
 * starts: without, all is 0. To be called in the owner context.
 *
 * Returns: (transfer full): a dictionary of type a{sv}
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_dup_report (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  g_autoptr(GFlowTimeline) timeline = _g_flow_timeline_new (self);
  const Figures figures = find_figures (timeline);
  GVariantBuilder path;
  GVariantDict dict;

  g_variant_builder_init (&path, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < timeline->critical->len; i++)
    g_variant_builder_add (&path, "s", get_critical_name (timeline, i));

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "duration", "x", figures.duration);
  g_variant_dict_insert (&dict, "n-nodes", "u", timeline->slices->len);
  g_variant_dict_insert (&dict, "n-workers", "u", figures.n_workers);
  g_variant_dict_insert (&dict, "busy", "x", figures.busy);
  g_variant_dict_insert (&dict, "utilisation", "d", figures.utilisation);
  g_variant_dict_insert_value (&dict, "critical-path", g_variant_builder_end (&path));
  g_variant_dict_insert (&dict, "critical-duration", "x", timeline->critical_time);
  g_variant_dict_insert (&dict, "one-more-worker", "x", get_saving (&figures));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void G_GNUC_PRINTF (2, 3)
append_line (GString    *text,
             const char *format,
             ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  g_string_append_c (text, '\n');
}

static void
append_workers (GString       *text,
                const Figures *figures)
{
  g_autofree char *saving = _g_flow_dup_duration (get_saving (figures));

  if (figures->n_workers == 0)
    return;

  append_line (text,
               g_dngettext (GETTEXT_PACKAGE, "%u worker, busy for %.0f %% of the time",
                            "%u workers, busy for %.0f %% of the time", figures->n_workers),
               figures->n_workers, 100.0 * figures->utilisation);
  if (get_saving (figures) > 0)
    append_line (text, _("One more worker would have saved %s"), saving);
  else
    append_line (text, _("One more worker would have saved nothing"));
}

/* Of a long path the nodes in the middle are left out. */
#define MAX_ENDS 10

static void
append_path (GString       *text,
             GFlowTimeline *timeline)
{
  g_autofree char *duration = _g_flow_dup_duration (timeline->critical_time);
  g_autoptr(GString) path = g_string_new (NULL);
  const guint n = timeline->critical->len;

  for (guint i = 0; i < n; i++)
    {
      if (n > 2 * MAX_ENDS && i == MAX_ENDS)
        {
          g_string_append (path, " → …");
          i = n - MAX_ENDS;
        }
      g_string_append_printf (path, "%s%s", i > 0 ? " → " : "", get_critical_name (timeline, i));
    }
  if (n > 0)
    append_line (text, _("Critical path, %s: %s"), duration, path->str);
}

/**
 * g_flow_run_to_summary:
 * @self: a run
 *
 * Tells people what [method@GFlow.FlowRun.dup_report] finds out.
 *
 * Returns: (transfer full): translated text, in lines
 *
 * Since: 0.1
 */
char *
g_flow_run_to_summary (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  g_autoptr(GFlowTimeline) timeline = _g_flow_timeline_new (self);
  const Figures figures = find_figures (timeline);
  g_autofree char *duration = _g_flow_dup_duration (figures.duration);
  GString *text = g_string_new (NULL);

  if (timeline->slices->len == 0)
    {
      append_line (text, _("Nothing was written down of the run"));
      return g_string_free (text, FALSE);
    }
  append_line (text,
               g_dngettext (GETTEXT_PACKAGE, "%u node in %s", "%u nodes in %s",
                            timeline->slices->len),
               timeline->slices->len, duration);
  append_workers (text, &figures);
  append_path (text, timeline);
  return g_string_free (text, FALSE);
}
