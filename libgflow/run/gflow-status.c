/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-estimate-private.h"

#include <glib/gi18n-lib.h>

/* One line for people of how far a run is. */

/* What is said before is often wrong, and what takes no longer needs not be said: this is
 * what the GNOME Human Interface Guidelines have to say. */
#define QUIET_SECONDS 8.0

#define MINUTE 60
#define HOUR (60 * MINUTE)

/* How many nodes are in each of the states. */
typedef guint Census[G_FLOW_NODE_STATE_CANCELLED + 1];

static void
count_states (GFlowRun *self,
              Census    census)
{
  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    census[atomic_load_explicit (&self->nodes[i].state, memory_order_relaxed)]++;
}

/* To seconds, then to five of them, to minutes, to hours: nobody believes more. */
guint
_g_flow_run_round_seconds (double seconds)
{
  const double step = seconds < 10 ? 1 : seconds < MINUTE ? 5 : seconds < 2 * HOUR ? MINUTE : HOUR;

  const double n_steps = (double) (gint64) (MIN (seconds, G_MAXINT / 2) / step);

  return (guint) ((n_steps * step < seconds ? n_steps + 1 : n_steps) * step);
}

static char *
describe_remaining (double remaining)
{
  const guint seconds = _g_flow_run_round_seconds (remaining);

  if (seconds < MINUTE)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u second left",
                                         "about %u seconds left", seconds), seconds);
  if (seconds < 2 * HOUR)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u minute left",
                                         "about %u minutes left", seconds / MINUTE),
                            seconds / MINUTE);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u hour left",
                                       "about %u hours left", seconds / HOUR), seconds / HOUR);
}

static void append (char       **text,
                    const char  *format,
                    ...) G_GNUC_PRINTF (2, 3);

/* Adds to a list of things. */
static void
append (char       **text,
        const char  *format,
        ...)
{
  g_autofree char *before = *text;
  g_autofree char *part = NULL;
  va_list args;

  va_start (args, format);
  part = g_strdup_vprintf (format, args);
  va_end (args);
  /* Translators: two parts of a list, as in “3 of 10 done, 2 running” */
  *text = g_strdup_printf (_("%s, %s"), before, part);
}

/* What is not done, and why. */
static void
append_states (char        **text,
               const Census  census)
{
  guint n;

  if ((n = census[G_FLOW_NODE_STATE_RUNNING]) > 0)
    append (text, g_dngettext (GETTEXT_PACKAGE, "%u running", "%u running", n), n);
  if ((n = census[G_FLOW_NODE_STATE_FAILED]) > 0)
    append (text, g_dngettext (GETTEXT_PACKAGE, "%u failed", "%u failed", n), n);
  if ((n = census[G_FLOW_NODE_STATE_SKIPPED]) > 0)
    append (text, g_dngettext (GETTEXT_PACKAGE, "%u skipped", "%u skipped", n), n);
  if ((n = census[G_FLOW_NODE_STATE_CANCELLED]) > 0)
    append (text, g_dngettext (GETTEXT_PACKAGE, "%u cancelled", "%u cancelled", n), n);
}

static char *
describe_nodes (GFlowRun *self)
{
  Census census = { 0 };
  const guint n_total = self->plan->n_nodes;
  char *text;

  count_states (self, census);
  /* Translators: the plural goes by the second number */
  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u of %u done", "%u of %u done", n_total),
                          census[G_FLOW_NODE_STATE_DONE], n_total);
  append_states (&text, census);
  return text;
}

/**
 * g_flow_run_dup_status:
 * @self: a run
 *
 * Tells people how far the run is: how many of its nodes are done, run, have failed, were
 * skipped or cancelled; and from the eighth second on, how long it will take. For instance
 * “3 of 10 done, 2 running — about 5 seconds left”. May be called from any thread.
 *
 * Returns: (transfer full): one translated line
 *
 * Since: 0.1
 */
char *
g_flow_run_dup_status (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  if (!_g_flow_run_has_state (self))
    return g_strdup (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW ? _("Not started")
                                                                         : _("Could not be started"));
  if (self->plan->n_nodes == 0)
    return g_strdup (_("Nothing to do"));

  g_autofree char *nodes = describe_nodes (self);

  if (g_flow_run_get_state (self) != G_FLOW_RUN_STATE_RUNNING)
    return g_steal_pointer (&nodes);
  if (g_flow_run_get_paused (self))
    {
      append (&nodes, "%s", _("paused"));
      return g_steal_pointer (&nodes);
    }

  const double remaining =
    g_flow_run_get_elapsed (self) >= QUIET_SECONDS ? g_flow_run_get_remaining (self) : -1.0;

  if (remaining < 0.0)
    return g_steal_pointer (&nodes);

  g_autofree char *rest = describe_remaining (remaining);

  /* Translators: as in “3 of 10 done, 2 running — about 5 seconds left” */
  return g_strdup_printf (_("%s — %s"), nodes, rest);
}
