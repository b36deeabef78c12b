/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scanner-private.h"

#include "graph/gflow-error.h"
#include "stream/gflow-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Comma-separated values, as RFC 4180 has them: fields in quotes may hold anything, with
 * their quotes doubled. A field that is empty and has no quotes is not there. */

/* Where the scanner is in a record. */
enum
{
  FIELD,       /* at the beginning of a field */
  PLAIN,
  QUOTED,
  AFTER_QUOTE, /* the closing quote, or the first of two */
  AFTER_CR,    /* of a quoted field: only LF may follow */
};

/* Goes on behind the line in which something bad is. */
static GFlowScan
skip_line_at (GFlowScanner *self,
              gsize         offset)
{
  _g_flow_scanner_advance (self, offset);
  self->state = FIELD;
  self->skipping = TRUE;
  return G_FLOW_SCAN_BAD;
}

static GFlowScan
refuse_line (GFlowScanner  *self,
             gsize          offset,
             const char    *problem,
             GError       **error)
{
  _g_flow_scanner_refuse (self, offset, problem, error);
  return skip_line_at (self, offset);
}

/* The bytes that are there do not end the record. */
static GFlowScan
at_end (GFlowScanner  *self,
        gsize         *length,
        gsize         *taken,
        GError       **error)
{
  const gsize n = self->end - self->start;
  const guint state = self->state;

  self->scanned = n;
  if (!self->finished)
    return G_FLOW_SCAN_MORE;
  self->state = FIELD;
  if (state == QUOTED)
    {
      _g_flow_scanner_refuse (self, self->quote, _("This quote is never closed"), error);
      _g_flow_scanner_advance (self, n);
      return G_FLOW_SCAN_BAD;
    }

  *length = state == AFTER_CR ? n - 1 : n;
  *taken = n;
  return n == 0 ? G_FLOW_SCAN_END : G_FLOW_SCAN_DOCUMENT;
}

/* The record at start: its length, and that with its end. */
static GFlowScan
find_record (GFlowScanner  *self,
             gsize         *length,
             gsize         *taken,
             GError       **error)
{
  const char *text = self->buffer + self->start;
  const gsize n = self->end - self->start;

  for (gsize i = self->scanned; i < n; i++)
    {
      const char c = text[i];

      /* CRLF may be behind what is as long as it may be. It does not matter here how much
       * of the rest is there already. */
      if (i > self->max_length && (c != '\n' || self->state == QUOTED))
        {
          _g_flow_scanner_too_long (self, self->state == QUOTED ? self->quote : 0, error);
          return skip_line_at (self, i);
        }
      if (self->state == QUOTED)
        {
          if (c == '"')
            self->state = AFTER_QUOTE;
        }
      else if (c == '\n')
        {
          *length = i > 0 && text[i - 1] == '\r' ? i - 1 : i;
          *taken = i + 1;
          self->state = FIELD;
          return G_FLOW_SCAN_DOCUMENT;
        }
      else if (self->state == AFTER_CR)
        {
          return refuse_line (self, i - 1, _("Text after the closing quote"), error);
        }
      else if (c == self->delimiter)
        {
          self->state = FIELD;
        }
      else if (c == '"')
        {
          if (self->state == PLAIN)
            return refuse_line (self, i, _("A quote inside of a field that does not begin with one"),
                                error);
          if (self->state == FIELD)
            self->quote = i;
          self->state = QUOTED;
        }
      else if (self->state == AFTER_QUOTE)
        {
          if (c != '\r')
            return refuse_line (self, i, _("Text after the closing quote"), error);
          self->state = AFTER_CR;
        }
      else
        {
          self->state = PLAIN;
        }
    }
  return at_end (self, length, taken, error);
}

/* Also: not too long, and text. What is not is behind the scanner then. */
static GFlowScan
find_good_record (GFlowScanner  *self,
                  gsize         *length,
                  gsize         *taken,
                  GError       **error)
{
  GFlowScan scan;

  /* Blank lines are no records. */
  while ((scan = find_record (self, length, taken, error)) == G_FLOW_SCAN_DOCUMENT && *length == 0)
    _g_flow_scanner_advance (self, *taken);
  if (scan != G_FLOW_SCAN_DOCUMENT)
    return scan;
  if (*length > self->max_length)
    scan = _g_flow_scanner_too_long (self, 0, error);
  else if (!_g_flow_scanner_check_text (self, *length, error))
    scan = G_FLOW_SCAN_BAD;
  if (scan == G_FLOW_SCAN_BAD)
    _g_flow_scanner_advance (self, *taken);
  return scan;
}

/* Fields */

/* The content of a quoted field, to behind its closing quote. */
static char *
take_quoted (const char **at,
             const char  *end)
{
  GString *value = g_string_new (NULL);
  const char *p = *at + 1;

  for (;;)
    {
      const char *quote = memchr (p, '"', end - p);

      g_string_append_len (value, p, quote - p);
      p = quote + 1;
      if (p == end || *p != '"')
        break;
      g_string_append_c (value, '"');
      p++;
    }
  *at = p;
  return g_string_free (value, FALSE);
}

/* A field of a good record, to behind its delimiter, if it has one: another field
 * comes then. NULL if it is not there. */
static char *
take_field (const char **at,
            const char  *end,
            char         delimiter,
            gboolean    *more)
{
  char *value = NULL;

  if (*at < end && **at == '"')
    {
      value = take_quoted (at, end);
    }
  else
    {
      const char *found = *at < end ? memchr (*at, delimiter, end - *at) : NULL;
      const gsize length = (found != NULL ? found : end) - *at;

      if (length > 0)
        value = g_strndup (*at, length);
      *at += length;
    }
  *more = *at < end;
  if (*more)
    ++*at;
  return value;
}

static gboolean
set_tags (GFlowDraft *draft,
          const char *value,
          char      **problem)
{
  g_autoptr(GVariant) tags = NULL;
  GFlowJson json;

  _g_flow_json_init (&json, value, strlen (value));
  json.depth = 1; /* as inside of a document */
  tags = _g_flow_json_value (&json);
  if (tags != NULL && _g_flow_json_end (&json) && !g_variant_is_of_type (tags, G_VARIANT_TYPE_VARDICT))
    _g_flow_json_fail (&json, json.text, _("The tags of a document are an object"));
  *problem = json.problem;
  if (tags != NULL)
    g_variant_ref_sink (tags);
  if (*problem != NULL)
    return FALSE;

  g_autofree char *twice = NULL;

  if (_g_flow_draft_add_tags (draft, tags, &twice))
    return TRUE;
  *problem = g_strdup_printf (_("“%s” is there twice"), twice);
  return FALSE;
}

/* Consumes @value. */
static gboolean
set_field (GFlowDraft         *draft,
           const GFlowColumn  *column,
           char               *value,
           char              **problem)
{
  switch (column->member)
    {
    case G_FLOW_MEMBER_NONE:
      g_free (value);
      return TRUE;

    case G_FLOW_MEMBER_TAG:
      if (_g_flow_draft_add_tag (draft, column->tag, g_variant_new_take_string (value)))
        return TRUE;
      *problem = g_strdup_printf (_("“%s” is there twice"), column->tag);
      return FALSE;

    case G_FLOW_MEMBER_TAGS:
      {
        const gboolean good = set_tags (draft, value, problem);

        g_free (value);
        return good;
      }

    case G_FLOW_MEMBER_BLOB:
      if (_g_flow_draft_take_base64 (draft, value))
        return TRUE;
      *problem = g_strdup (_("This is no base64"));
      return FALSE;

    default:
      _g_flow_draft_take_string (draft, column->member, value);
      return TRUE;
    }
}

/* The field of that number in the record at start, which begins at @offset. */
static gboolean
use_field (GFlowScanner  *self,
           GFlowDraft    *draft,
           guint          index,
           char          *value,
           gsize          offset,
           GError       **error)
{
  g_autofree char *problem = NULL;

  if (index >= self->n_columns)
    {
      g_free (value);
      problem = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                              "There should be only %u field",
                                              "There should be only %u fields", self->n_columns),
                                 self->n_columns);
    }
  else if (value == NULL || set_field (draft, &self->columns[index], value, &problem))
    {
      return TRUE;
    }
  _g_flow_scanner_refuse (self, offset, problem, error);
  return FALSE;
}

static gboolean
too_few (GFlowScanner  *self,
         guint          n,
         gsize          length,
         GError       **error)
{
  g_autofree char *problem =
    g_strdup_printf (_("The record ends after %u of %u fields"), n, self->n_columns);

  _g_flow_scanner_refuse (self, length, problem, error);
  return FALSE;
}

static GFlowScan
read_record (GFlowScanner   *self,
             gsize           length,
             GFlowDocument **document,
             GError        **error)
{
  const char *text = self->buffer + self->start;
  const char *at = text;
  gboolean more = TRUE;
  gboolean good = TRUE;
  guint n = 0;
  GFlowDraft draft;

  _g_flow_draft_begin (&draft);
  while (more && good)
    {
      const gsize offset = at - text;
      char *value = take_field (&at, text + length, self->delimiter, &more);

      good = use_field (self, &draft, n++, value, offset, error);
    }
  if (good && n < self->n_columns)
    good = too_few (self, n, length, error);
  if (good)
    {
      *document = _g_flow_draft_end (&draft);
      return G_FLOW_SCAN_DOCUMENT;
    }
  _g_flow_draft_abandon (&draft);
  return G_FLOW_SCAN_BAD;
}

/* Columns */

/* The fields of the record at start. */
static char **
list_fields (GFlowScanner *self,
             gsize         length)
{
  GPtrArray *fields = g_ptr_array_new ();
  const char *at = self->buffer + self->start;
  const char *end = at + length;
  gboolean more = TRUE;

  while (more)
    {
      char *value = take_field (&at, end, self->delimiter, &more);

      g_ptr_array_add (fields, value != NULL ? value : g_strdup (""));
    }
  g_ptr_array_add (fields, NULL);
  return (char **) g_ptr_array_free (fields, FALSE);
}

/* Columns without names are called by their numbers. */
static char **
number_fields (GFlowScanner *self,
               gsize         length)
{
  char **names = list_fields (self, length);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_free (names[i]);
      names[i] = g_strdup_printf ("%u", i + 1);
    }
  return names;
}

static gboolean
set_columns (GFlowScanner  *self,
             char         **names,
             GError       **error)
{
  g_autoptr(GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  self->n_columns = g_strv_length (names);
  self->columns = g_new0 (GFlowColumn, self->n_columns);
  for (guint i = 0; i < self->n_columns; i++)
    {
      GFlowColumn *column = &self->columns[i];
      const char *tag;

      column->member = _g_flow_member_for_field (self->fields, names[i], &tag);
      if (column->member == G_FLOW_MEMBER_NONE)
        continue;
      column->tag = g_strdup (tag);
      if (!g_hash_table_add (known, column->member < G_FLOW_N_MEMBERS
                                    ? g_strdup (_g_flow_member_get_name (column->member))
                                    : g_strconcat ("tag ", tag, NULL)))
        {
          g_autofree char *problem = g_strdup_printf (_("Two columns are “%s”"), tag);

          _g_flow_scanner_refuse (self, 0, problem, error);
          return FALSE;
        }
    }
  return TRUE;
}

/* The header, or, without one, the first record, which stays where it is. */
static GFlowScan
begin (GFlowScanner  *self,
       GError       **error)
{
  gsize length;
  gsize taken;
  const GFlowScan scan = find_good_record (self, &length, &taken, error);
  g_auto(GStrv) names = NULL;

  if (scan == G_FLOW_SCAN_BAD)
    return G_FLOW_SCAN_FAILED;
  if (scan != G_FLOW_SCAN_DOCUMENT)
    return scan;

  if (self->names != NULL)
    names = g_strdupv (self->names);
  else
    names = self->has_header ? list_fields (self, length) : number_fields (self, length);
  if (!set_columns (self, names, error))
    return G_FLOW_SCAN_FAILED;
  if (self->has_header)
    _g_flow_scanner_advance (self, taken);
  else
    self->scanned = 0;
  return G_FLOW_SCAN_DOCUMENT;
}

GFlowScan
_g_flow_csv_next (GFlowScanner   *self,
                  GFlowDocument **document,
                  GError        **error)
{
  GFlowScan scan = self->columns != NULL ? G_FLOW_SCAN_DOCUMENT : begin (self, error);
  gsize length;
  gsize taken;

  if (scan == G_FLOW_SCAN_DOCUMENT)
    scan = find_good_record (self, &length, &taken, error);
  if (scan == G_FLOW_SCAN_DOCUMENT)
    {
      scan = read_record (self, length, document, error);
      _g_flow_scanner_advance (self, taken);
    }
  return scan;
}
