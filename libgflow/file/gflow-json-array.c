/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scanner-private.h"

#include <glib/gi18n-lib.h>

/* A JSON array that comes in pieces: here only its items are told apart, and each is
 * read when all of it is there. */

/* Where the scanner is. */
enum
{
  START,
  FIRST,     /* after [ */
  NEXT,      /* after , */
  BEHIND,    /* an item */
  DONE,      /* after ] */
  ITEM,
  STRING,    /* in an item */
  ESCAPE,    /* in a string, after \ */
};

static GFlowScan
fail (GFlowScanner  *self,
      const char    *problem,
      GError       **error)
{
  _g_flow_scanner_refuse (self, 0, problem, error);
  return G_FLOW_SCAN_FAILED;
}

static void
skip_blanks (GFlowScanner *self)
{
  gsize n = 0;

  while (self->start + n < self->end && strchr (" \t\r\n", self->buffer[self->start + n]) != NULL &&
         self->buffer[self->start + n] != '\0')
    n++;
  _g_flow_scanner_advance (self, n);
}

static void
enter (GFlowScanner *self,
       guint         state)
{
  _g_flow_scanner_advance (self, 1);
  self->state = state;
}

/* Between items: to the next one. */
static GFlowScan
find_item (GFlowScanner  *self,
           GError       **error)
{
  while (self->state < ITEM)
    {
      skip_blanks (self);
      if (self->start == self->end && !self->finished)
        return G_FLOW_SCAN_MORE;

      const gboolean at_end = self->start == self->end;
      const char c = at_end ? '\0' : self->buffer[self->start];

      if (self->state == DONE)
        return at_end ? G_FLOW_SCAN_END : fail (self, _("The text goes on after its end"), error);
      else if (self->state == START && c == '[')
        enter (self, FIRST);
      else if (self->state == START)
        return fail (self, _("There should be an array, “[”, here"), error);
      else if (at_end)
        return fail (self, _("The text ends inside of the array"), error);
      else if (c == ']' && self->state != NEXT)
        enter (self, DONE);
      else if (self->state == BEHIND && c == ',')
        enter (self, NEXT);
      else if (self->state == BEHIND)
        return fail (self, _("There should be “,” or “]” here"), error);
      else
        self->state = ITEM;
    }
  return G_FLOW_SCAN_DOCUMENT;
}

/* Whether the item at start ends before this character. */
static gboolean
look_at (GFlowScanner *self,
         char          c)
{
  switch (self->state)
    {
    case ESCAPE:
      self->state = STRING;
      return FALSE;
    case STRING:
      self->state = c == '\\' ? ESCAPE : c == '"' ? ITEM : STRING;
      return FALSE;
    default:
      break;
    }

  if (self->depth == 0 && (c == ',' || c == ']'))
    return TRUE;
  if (c == '"')
    self->state = STRING;
  else if (c == '[' || c == '{')
    self->depth++;
  else if ((c == ']' || c == '}') && self->depth > 0)
    self->depth--;
  return FALSE;
}

static GFlowScan
find_end_of_item (GFlowScanner  *self,
                  gsize         *length,
                  GError       **error)
{
  const char *text = self->buffer + self->start;
  const gsize n = self->end - self->start;
  gsize i = self->scanned;

  while (i < n && !look_at (self, text[i]))
    i++;
  self->scanned = i;
  if (i > self->max_length)
    {
      _g_flow_scanner_too_long (self, 0, error);
      return G_FLOW_SCAN_FAILED;
    }
  if (i == n)
    return self->finished ? fail (self, _("This item of the array has no end"), error)
                          : G_FLOW_SCAN_MORE;
  *length = i;
  return G_FLOW_SCAN_DOCUMENT;
}

GFlowScan
_g_flow_json_array_next_document (GFlowScanner   *self,
                                  GFlowDocument **document,
                                  GError        **error)
{
  GFlowScan scan = find_item (self, error);
  gsize length;

  if (scan == G_FLOW_SCAN_DOCUMENT)
    scan = find_end_of_item (self, &length, error);
  if (scan == G_FLOW_SCAN_DOCUMENT)
    {
      scan = length > 0 ? _g_flow_scanner_read_json (self, length, document, error)
                        : _g_flow_scanner_refuse (self, 0, _("There is nothing behind the comma"),
                                                  error);
      _g_flow_scanner_advance (self, length);
      self->state = BEHIND;
    }
  return scan;
}
