/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"

#include <glib/gi18n-lib.h>

/* The colours are from the palette of the GNOME Human Interface Guidelines. Who does not see
 * them has the symbols, which are in the common fonts, and the lines. */
static const GFlowLook looks[G_FLOW_N_LOOKS] = {
  [G_FLOW_NODE_STATE_WAITING] = { "waiting", N_("waiting"), "…", "#ffffff", "#77767b", "dotted" },
  [G_FLOW_NODE_STATE_READY] = { "ready", N_("ready"), "○", "#f6f5f4", "#77767b", "solid" },
  [G_FLOW_NODE_STATE_LOCKED] = { "locked", N_("locked"), "◌", "#f9f06b", "#e5a50a", "dotted" },
  [G_FLOW_NODE_STATE_RUNNING] = { "running", N_("running"), "►", "#99c1f1", "#1a5fb4", "bold" },
  [G_FLOW_NODE_STATE_DONE] = { "done", N_("done"), "✓", "#8ff0a4", "#26a269", "solid" },
  [G_FLOW_NODE_STATE_FAILED] = { "failed", N_("failed"), "✗", "#f66151", "#a51d2d", "bold" },
  [G_FLOW_NODE_STATE_SKIPPED] = { "skipped", N_("skipped"), "–", "#deddda", "#9a9996", "dashed" },
  [G_FLOW_NODE_STATE_CANCELLED] = { "cancelled", N_("cancelled"), "■", "#ffbe6f", "#c64600",
                                    "dashed" },
};

const GFlowLook *
_g_flow_get_look (GFlowNodeState state)
{
  return &looks[state];
}

char *
_g_flow_dup_legend (const GFlowLook *look)
{
  return g_strdup_printf ("%s %s", look->symbol, _(look->word));
}

/* Text of the user's as one line that XML can carry. */
char *
_g_flow_clean_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029)
        g_string_append_c (clean, ' ');
      else if ((c & 0xfffe) == 0xfffe)
        g_string_append_unichar (clean, 0xfffd);
      else
        g_string_append_unichar (clean, c);
    }
  return g_string_free (clean, FALSE);
}
