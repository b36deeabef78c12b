/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-text-private.h"

/* From the palette of the GNOME Human Interface Guidelines */
static const GFlowLook looks[G_FLOW_N_LOOKS] = {
  [G_FLOW_NODE_STATE_WAITING] = { "waiting", "#ffffff", "#77767b" },
  [G_FLOW_NODE_STATE_READY] = { "ready", "#f6f5f4", "#77767b" },
  [G_FLOW_NODE_STATE_LOCKED] = { "locked", "#f9f06b", "#e5a50a" },
  [G_FLOW_NODE_STATE_RUNNING] = { "running", "#99c1f1", "#1a5fb4" },
  [G_FLOW_NODE_STATE_DONE] = { "done", "#8ff0a4", "#26a269" },
  [G_FLOW_NODE_STATE_FAILED] = { "failed", "#f66151", "#a51d2d" },
  [G_FLOW_NODE_STATE_SKIPPED] = { "skipped", "#deddda", "#9a9996" },
  [G_FLOW_NODE_STATE_CANCELLED] = { "cancelled", "#ffbe6f", "#c64600" },
};

const GFlowLook *
_g_flow_get_look (GFlowNodeState state)
{
  return &looks[state];
}

/* Text on one line, between quotes. */
char *
_g_flow_escape_label (const char *text,
                      gunichar    quote,
                      const char *quoted)
{
  GString *escaped = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      if (c == quote)
        g_string_append (escaped, quoted);
      else if (g_unichar_iscntrl (c))
        g_string_append_c (escaped, ' ');
      else
        g_string_append_unichar (escaped, c);
    }
  return g_string_free (escaped, FALSE);
}
