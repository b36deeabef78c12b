/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"
#include "gflow-timeline-private.h"

#include <glib/gi18n-lib.h>

/* A run as a chart of bars: who ran what when. Lengths are in pixels of a chart that is
 * shown as it is. */

#define LEFT 120.0    /* where time begins: before it stand the names of the tracks */
#define WIDTH 1000.0  /* of the time */
#define RIGHT 30.0
#define TOP 70.0      /* where the first track begins: above stand the title and the axis */
#define TRACK 30.0    /* from one track to the next */
#define BAR 20.0
#define BOTTOM 40.0
/* What a letter takes, about */
#define LETTER 6.5
/* More bars than this nobody can tell apart, and few programs draw in time. */
#define MAX_BARS 5000
#define N_TICKS 8

typedef struct
{
  GString       *svg;
  GFlowTimeline *timeline;
  double         scale;    /* pixels for a microsecond */
  gint64         shortest; /* bars shorter than this are left out */
  guint          n_left_out;
  guint          states;   /* bit mask of those that were drawn */
} Chart;

/* Numbers are written as SVG has them, whatever the language. */
static void
append_number (GString    *svg,
               const char *name,
               double      value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (svg, " %s=\"%s\"", name,
                          g_ascii_formatd (buffer, sizeof buffer, "%.2f", value));
}

static void
append_text (GString    *svg,
             const char *text)
{
  g_autofree char *clean = _g_flow_clean_text (text);
  g_autofree char *escaped = g_markup_escape_text (clean, -1);

  g_string_append (svg, escaped);
}

static void
append_label (GString    *svg,
              double      x,
              double      y,
              const char *class_name,
              const char *text)
{
  g_string_append_printf (svg, "<text class=\"%s\"", class_name);
  append_number (svg, "x", x);
  append_number (svg, "y", y);
  g_string_append_c (svg, '>');
  append_text (svg, text);
  g_string_append (svg, "</text>\n");
}

static double
get_x (Chart  *chart,
       gint64  time)
{
  return LEFT + (time - chart->timeline->start) * chart->scale;
}

static double
get_y (guint track)
{
  return TOP + track * TRACK;
}

/* Colours that can be told from the ground, be it light or dark; bars keep theirs, and have
 * dark text in both. */
static void
append_style (GString *svg)
{
  g_string_append (svg, "<style>\n"
                        "svg { color-scheme: light dark; font: 12px Cantarell, sans-serif; }\n"
                        ".ground { fill: #ffffff; }\n"
                        "text { fill: #241f31; }\n"
                        ".title { font-size: 16px; font-weight: bold; }\n"
                        ".track { text-anchor: end; }\n"
                        ".tick { text-anchor: middle; }\n"
                        ".grid { stroke: #deddda; }\n"
                        ".wait { stroke: #77767b; stroke-width: 2; stroke-dasharray: 2 3; }\n"
                        ".path { fill: none; stroke: #813d9c; stroke-width: 2; }\n"
                        ".bar { fill: #241f31; pointer-events: none; }\n");
  for (guint state = 0; state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);

      g_string_append_printf (svg, "rect.%s { fill: %s; stroke: %s; }\n", look->name, look->fill,
                              look->line);
    }
  g_string_append (svg, "rect.critical { stroke: #813d9c; stroke-width: 3; }\n"
                        "@media (prefers-color-scheme: dark) {\n"
                        ".ground { fill: #241f31; }\n"
                        "text { fill: #f6f5f4; }\n"
                        "text.bar { fill: #241f31; }\n"
                        ".grid { stroke: #5e5c64; }\n"
                        ".wait { stroke: #c0bfbc; }\n"
                        ".path, rect.critical { stroke: #dc8add; }\n"
                        "}\n</style>\n");
}

/* For who hears the chart. */
static void
append_description (Chart *chart)
{
  GFlowTimeline *timeline = chart->timeline;
  const char *flow_name = g_flow_get_name (timeline->run->flow);
  const char *title = flow_name != NULL ? flow_name : _("Run");
  g_autofree char *summary = g_flow_run_to_summary (timeline->run);

  g_string_append (chart->svg, "<title id=\"title\">");
  append_text (chart->svg, title);
  g_string_append (chart->svg, "</title>\n<desc id=\"desc\">");
  append_text (chart->svg, g_strchomp (summary));
  g_string_append (chart->svg, "</desc>\n");
  append_style (chart->svg);
  g_string_append (chart->svg, "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n");
  append_label (chart->svg, 10, 24, "title", title);
}

/* 1, 2 or 5 of a power of ten. */
static gint64
get_tick (gint64 duration)
{
  for (gint64 power = 1;; power *= 10)
    {
      if (duration <= N_TICKS * power)
        return power;
      if (duration <= N_TICKS * power * 2)
        return power * 2;
      if (duration <= N_TICKS * power * 5)
        return power * 5;
    }
}

static void
append_axis (Chart *chart)
{
  GFlowTimeline *timeline = chart->timeline;
  const gint64 tick = get_tick (timeline->end - timeline->start);
  const double bottom = get_y (timeline->tracks->len);

  for (gint64 at = 0; at <= timeline->end - timeline->start; at += tick)
    {
      const double x = get_x (chart, timeline->start + at);
      g_autofree char *label = _g_flow_dup_duration (at);

      g_string_append (chart->svg, "<line class=\"grid\"");
      append_number (chart->svg, "x1", x);
      append_number (chart->svg, "x2", x);
      append_number (chart->svg, "y1", TOP - 8);
      append_number (chart->svg, "y2", bottom);
      g_string_append (chart->svg, "/>\n");
      append_label (chart->svg, x, TOP - 14, "tick", at > 0 ? label : "0");
    }
  for (guint i = 0; i < timeline->tracks->len; i++)
    {
      g_autofree char *name = _g_flow_timeline_dup_name (timeline, i);

      append_label (chart->svg, LEFT - 10, get_y (i) + BAR - 6, "track", name);
    }
}

static gboolean
is_drawn (Chart            *chart,
          const GFlowSlice *slice)
{
  return slice->critical || slice->end - slice->start >= chart->shortest;
}

static void
append_wait (Chart            *chart,
             const GFlowSlice *slice)
{
  const double from = get_x (chart, slice->ready), to = get_x (chart, slice->start);

  if (slice->ready == 0 || to - from < 2)
    return;

  g_string_append (chart->svg, "<line class=\"wait\"");
  append_number (chart->svg, "x1", from);
  append_number (chart->svg, "x2", to);
  append_number (chart->svg, "y1", get_y (slice->track) + BAR + 4);
  append_number (chart->svg, "y2", get_y (slice->track) + BAR + 4);
  g_string_append (chart->svg, "/>\n");
}

/* What is shown when the mouse is over a bar, and said when it has the focus. */
static char *
dup_tooltip (Chart            *chart,
             const GFlowSlice *slice)
{
  GFlowNode *node = chart->timeline->run->plan->nodes[slice->index].node;
  g_autofree char *duration = _g_flow_dup_duration (slice->end - slice->start);
  g_autofree char *waited = _g_flow_dup_duration (MAX (slice->start - slice->ready, 0));
  g_autofree char *track = _g_flow_timeline_dup_name (chart->timeline, slice->track);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _("%s: %s, %s, %s"), g_flow_node_get_title (node),
                          _(_g_flow_get_look (slice->state)->word), track, duration);
  if (slice->ready > 0)
    {
      g_string_append (text, ". ");
      g_string_append_printf (text, _("Had to wait for %s"), waited);
    }
  if (slice->attempt > 1)
    {
      g_string_append (text, ". ");
      g_string_append_printf (text, _("Attempt %u"), slice->attempt);
    }
  if (slice->critical)
    g_string_append_printf (text, ". %s", _("On the critical path"));
  return g_string_free (text, FALSE);
}

static void
append_bar (Chart            *chart,
            const GFlowSlice *slice)
{
  const GFlowLook *look = _g_flow_get_look (slice->state);
  const char *title =
    g_flow_node_get_title (chart->timeline->run->plan->nodes[slice->index].node);
  g_autofree char *label = g_strdup_printf ("%s %s", look->symbol, title);
  g_autofree char *tooltip = dup_tooltip (chart, slice);
  const double x = get_x (chart, slice->start);
  const double width = MAX (get_x (chart, slice->end) - x, 0.5);

  chart->states |= 1u << slice->state;
  append_wait (chart, slice);
  g_string_append_printf (chart->svg, "<rect class=\"%s%s\"", look->name,
                          slice->critical ? " critical" : "");
  append_number (chart->svg, "x", x);
  append_number (chart->svg, "y", get_y (slice->track));
  append_number (chart->svg, "width", width);
  append_number (chart->svg, "height", BAR);
  g_string_append (chart->svg, "><title>");
  append_text (chart->svg, tooltip);
  g_string_append (chart->svg, "</title></rect>\n");
  if (g_utf8_strlen (label, -1) * LETTER + 8 <= width)
    append_label (chart->svg, x + 4, get_y (slice->track) + BAR - 6, "bar", label);
}

/* From each node of the critical path to the next one. */
static void
append_path (Chart *chart)
{
  const GArray *critical = chart->timeline->critical;

  for (guint i = 1; i < critical->len; i++)
    {
      const GFlowSlice *from =
        _g_flow_timeline_slice (chart->timeline, g_array_index (critical, guint32, i - 1));
      const GFlowSlice *to =
        _g_flow_timeline_slice (chart->timeline, g_array_index (critical, guint32, i));

      g_string_append (chart->svg, "<line class=\"path\"");
      append_number (chart->svg, "x1", get_x (chart, from->end));
      append_number (chart->svg, "y1", get_y (from->track) + BAR / 2);
      append_number (chart->svg, "x2", get_x (chart, to->start));
      append_number (chart->svg, "y2", get_y (to->track) + BAR / 2);
      g_string_append (chart->svg, "/>\n");
    }
}

static double
append_legend_entry (GString    *svg,
                     double      x,
                     double      y,
                     const char *class_name,
                     const char *text)
{
  g_string_append_printf (svg, "<rect class=\"%s\"", class_name);
  append_number (svg, "x", x);
  append_number (svg, "y", y - 11);
  g_string_append (svg, " width=\"14\" height=\"14\"/>\n");
  append_label (svg, x + 20, y, "legend", text);
  return x + 40 + g_utf8_strlen (text, -1) * LETTER;
}

static void
append_legend (Chart *chart)
{
  const double y = get_y (chart->timeline->tracks->len) + 22;
  double x = LEFT;

  for (guint state = 0; state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);
      g_autofree char *text = _g_flow_dup_legend (look);

      if ((chart->states & (1u << state)) != 0)
        x = append_legend_entry (chart->svg, x, y, look->name, text);
    }
  if (chart->timeline->critical->len > 0)
    x = append_legend_entry (chart->svg, x, y, "ground critical", _("Critical path"));
  g_string_append (chart->svg, "<line class=\"wait\"");
  append_number (chart->svg, "x1", x);
  append_number (chart->svg, "x2", x + 14);
  append_number (chart->svg, "y1", y - 4);
  append_number (chart->svg, "y2", y - 4);
  g_string_append (chart->svg, "/>\n");
  append_label (chart->svg, x + 20, y, "legend", _("Ready, and had to wait"));
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  const gint64 p = *(const gint64 *) a, q = *(const gint64 *) b;

  return p > q ? -1 : p < q;
}

/* How long a bar must be to be one of the longest. */
static gint64
find_shortest (GFlowTimeline *timeline)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (timeline->slices->len <= MAX_BARS)
    return 0;

  for (guint i = 0; i < timeline->slices->len; i++)
    {
      const GFlowSlice *slice = _g_flow_timeline_slice (timeline, i);
      const gint64 time = slice->end - slice->start;

      g_array_append_val (times, time);
    }
  g_array_sort (times, compare_times);
  /* Longer than the first that has no place: of equal ones none is drawn. */
  return g_array_index (times, gint64, MAX_BARS) + 1;
}

static void
append_left_out (Chart *chart)
{
  g_autofree char *text = NULL;

  if (chart->n_left_out == 0)
    return;

  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u shorter node is not shown",
                                       "%u shorter nodes are not shown", chart->n_left_out),
                          chart->n_left_out);
  append_label (chart->svg, LEFT, 24, "legend", text);
}

/**
 * g_flow_run_to_gantt:
 * @self: a run
 *
 * Draws when the nodes ran and where, as a Gantt chart in SVG: a row for each worker, one or
 * more for the context, and a bar for each node. A dotted line below a bar is the time
 * that the node had to wait after what it needs had ended: for a worker, or for its
 * locks. The critical path is framed and joined: the nodes, each of which needs the
 * one before, that together took longest.
 *
 * The chart can be read on light and on dark ground, without colours, and by screen readers,
 * and its text can be selected. Of a run with more than 5000 nodes the longest are drawn.
 *
 * [property@GFlow.FlowRun:keep-record] must be set before the run starts: without, the chart
 * is empty. To be called in the owner context.
 *
 * Returns: (transfer full): an SVG image
 *
 * Since: 0.1
 */
char *
g_flow_run_to_gantt (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  g_autoptr(GFlowTimeline) timeline = _g_flow_timeline_new (self);
  Chart chart = {
    .svg = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                         "aria-labelledby=\"title desc\""),
    .timeline = timeline,
    .scale = WIDTH / MAX (timeline->end - timeline->start, 1),
    .shortest = find_shortest (timeline),
  };

  append_number (chart.svg, "width", LEFT + WIDTH + RIGHT);
  append_number (chart.svg, "height", get_y (timeline->tracks->len) + BOTTOM);
  g_string_append (chart.svg, ">\n");
  append_description (&chart);
  append_axis (&chart);
  for (guint i = 0; i < timeline->slices->len; i++)
    if (is_drawn (&chart, _g_flow_timeline_slice (timeline, i)))
      append_bar (&chart, _g_flow_timeline_slice (timeline, i));
    else
      chart.n_left_out++;
  append_path (&chart);
  append_legend (&chart);
  append_left_out (&chart);
  g_string_append (chart.svg, "</svg>\n");
  return g_string_free (chart.svg, FALSE);
}
