/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scanner-private.h"

#include "stream/gflow-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CHUNK (64 * 1024)

void
_g_flow_scanner_clear (GFlowScanner *self)
{
  for (guint i = 0; i < self->n_columns; i++)
    g_free (self->columns[i].tag);
  g_free (self->columns);
  g_free (self->name);
  g_clear_pointer (&self->fields, g_variant_unref);
  g_strfreev (self->names);
  g_free (self->buffer);
  *self = (GFlowScanner) { 0 };
}

/* Room for more bytes, behind those that are there. */
char *
_g_flow_scanner_reserve (GFlowScanner *self,
                         gsize        *n_bytes)
{
  if (self->size - self->end < CHUNK && self->start > 0)
    {
      memmove (self->buffer, self->buffer + self->start, self->end - self->start);
      self->end -= self->start;
      self->start = 0;
    }
  if (self->size - self->end < CHUNK)
    {
      self->size = MAX (2 * self->size, 2 * CHUNK);
      self->buffer = g_realloc (self->buffer, self->size);
    }
  *n_bytes = CHUNK;
  return self->buffer + self->end;
}

/* So many bytes have come; none: there are no more. */
void
_g_flow_scanner_commit (GFlowScanner *self,
                        gsize         n_bytes)
{
  self->end += n_bytes;
  self->finished = n_bytes == 0;
}

static gsize
n_bytes_there (GFlowScanner *self)
{
  return self->end - self->start;
}

/* Goes on behind so many bytes. */
void
_g_flow_scanner_advance (GFlowScanner *self,
                         gsize         n_bytes)
{
  const char *text = self->buffer + self->start;
  const char *end = text + n_bytes;
  const char *newline;

  while (text < end && (newline = memchr (text, '\n', end - text)) != NULL)
    {
      self->line++;
      self->column = 1;
      text = newline + 1;
    }
  self->column += _g_flow_count_characters (text, end);
  self->start += n_bytes;
  self->scanned = 0;
}

GFlowScan
_g_flow_scanner_refuse (GFlowScanner  *self,
                        gsize          offset,
                        const char    *problem,
                        GError       **error)
{
  const char *text = self->buffer + self->start;

  g_propagate_error (error, _g_flow_error_new_at (self->name, self->line, self->column, text,
                                                  text + offset, problem));
  return G_FLOW_SCAN_BAD;
}

GFlowScan
_g_flow_scanner_too_long (GFlowScanner  *self,
                          gsize          offset,
                          GError       **error)
{
  g_autofree char *problem =
    g_strdup_printf (_("This is longer than %" G_GSIZE_FORMAT " bytes"), self->max_length);

  return _g_flow_scanner_refuse (self, offset, problem, error);
}

/* Whether so many bytes at start are UTF-8, without a NUL. */
gboolean
_g_flow_scanner_check_text (GFlowScanner  *self,
                            gsize          length,
                            GError       **error)
{
  const char *text = self->buffer + self->start;
  const char *invalid;

  if (g_utf8_validate_len (text, length, &invalid))
    return TRUE;
  _g_flow_scanner_refuse (self, invalid - text, _("This is not UTF-8"), error);
  return FALSE;
}

/* A document in JSON, of so many bytes at start. */
GFlowScan
_g_flow_scanner_read_json (GFlowScanner   *self,
                           gsize           length,
                           GFlowDocument **document,
                           GError        **error)
{
  GFlowJson json;

  _g_flow_json_init (&json, self->buffer + self->start, length);
  *document = _g_flow_document_read_json (&json, self->fields);
  if (*document != NULL && _g_flow_json_end (&json))
    return G_FLOW_SCAN_DOCUMENT;

  g_clear_object (document);
  _g_flow_json_set_error (&json, self->name, self->line, self->column, error);
  _g_flow_json_clear (&json);
  return G_FLOW_SCAN_BAD;
}

/* Lines */

/* The line at start: its length, and that with its end. */
static GFlowScan
find_line (GFlowScanner  *self,
           gsize         *length,
           gsize         *taken,
           GError       **error)
{
  const gsize n = n_bytes_there (self);
  const char *text = self->buffer + self->start;
  const char *newline = n > self->scanned
                        ? memchr (text + self->scanned, '\n', n - self->scanned) : NULL;

  self->scanned = n;
  /* There may be CRLF behind what is as long as it may be. */
  if (newline == NULL && !self->finished && n <= self->max_length + 1)
    return G_FLOW_SCAN_MORE;
  if (n == 0)
    return G_FLOW_SCAN_END;

  *length = newline != NULL ? (gsize) (newline - text) : n;
  *taken = *length + (newline != NULL);
  if (newline != NULL && *length > 0 && newline[-1] == '\r')
    --*length;
  if (*length <= self->max_length)
    return G_FLOW_SCAN_DOCUMENT;

  self->skipping = TRUE;
  return _g_flow_scanner_too_long (self, 0, error);
}

static GFlowScan
next_line (GFlowScanner   *self,
           GFlowDocument **document,
           GError        **error)
{
  gsize length;
  gsize taken;
  GFlowScan scan = find_line (self, &length, &taken, error);

  if (scan != G_FLOW_SCAN_DOCUMENT)
    return scan;
  if (_g_flow_scanner_check_text (self, length, error))
    {
      *document = g_flow_document_new ();
      (*document)->text = g_strndup (self->buffer + self->start, length);
    }
  else
    {
      scan = G_FLOW_SCAN_BAD;
    }
  _g_flow_scanner_advance (self, taken);
  return scan;
}

static gboolean
is_blank (const char *text,
          gsize       length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return FALSE;
  return TRUE;
}

static GFlowScan
next_ndjson (GFlowScanner   *self,
             GFlowDocument **document,
             GError        **error)
{
  gsize length;
  gsize taken;
  GFlowScan scan;

  while ((scan = find_line (self, &length, &taken, error)) == G_FLOW_SCAN_DOCUMENT &&
         is_blank (self->buffer + self->start, length))
    _g_flow_scanner_advance (self, taken);
  if (scan != G_FLOW_SCAN_DOCUMENT)
    return scan;

  scan = _g_flow_scanner_read_json (self, length, document, error);
  _g_flow_scanner_advance (self, taken);
  return scan;
}

/* Any format */

/* A mark of Unicode that some programs begin with, and that is no part of the text. */
static gboolean
begin (GFlowScanner *self)
{
  if (n_bytes_there (self) < 3 && !self->finished)
    return FALSE;

  if (n_bytes_there (self) >= 3 && memcmp (self->buffer + self->start, "\xef\xbb\xbf", 3) == 0)
    self->start += 3;
  self->line = 1;
  self->column = 1;
  self->begun = TRUE;
  return TRUE;
}

/* Goes to the next line, if it is there. */
static gboolean
skip_line (GFlowScanner *self)
{
  const char *text = self->buffer + self->start;
  const gsize n = n_bytes_there (self);
  const char *newline = n > 0 ? memchr (text, '\n', n) : NULL;

  _g_flow_scanner_advance (self, newline != NULL ? (gsize) (newline - text) + 1 : n);
  self->skipping = newline == NULL && !self->finished;
  return !self->skipping;
}

GFlowScan
_g_flow_scanner_next (GFlowScanner   *self,
                      GFlowDocument **document,
                      GError        **error)
{
  if (!self->begun && !begin (self))
    return G_FLOW_SCAN_MORE;
  if (self->skipping && !skip_line (self))
    return G_FLOW_SCAN_MORE;

  switch (self->format)
    {
    case G_FLOW_FORMAT_CSV:
      return _g_flow_csv_next (self, document, error);
    case G_FLOW_FORMAT_NDJSON:
      return next_ndjson (self, document, error);
    case G_FLOW_FORMAT_JSON:
      return _g_flow_json_array_next_document (self, document, error);
    case G_FLOW_FORMAT_LINES:
    default:
      return next_line (self, document, error);
    }
}
