/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-journal-format-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* As for images in PNG: that it is no text, and not changed as if it were one, shows at
 * once. */
static const guint8 signature[12] = { 0x89, 'G', 'F', 'L', 'O', 'W', 'J', '\r', '\n', 0x1a, '\n', 0 };

#define VERSION 1
#define START_SIZE (sizeof (signature) + sizeof (guint32))

/* Sizes of what is in a head */
typedef struct
{
  guint32 length;
  guint32 kind;
  guint32 payload_sum;
  guint32 head_sum; /* of the three, beginning with that of the head before */
} Head;

G_STATIC_ASSERT (sizeof (Head) == 16);

/* Checksums */

static guint32 table[256];

static gpointer
fill_table (gpointer unused)
{
  for (guint32 i = 0; i < G_N_ELEMENTS (table); i++)
    {
      guint32 rest = i;

      for (guint bit = 0; bit < 8; bit++)
        rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xedb88320u : rest >> 1;
      table[i] = rest;
    }
  return NULL;
}

static guint32
get_checksum (guint32       before,
              const guint8 *data,
              gsize         size)
{
  static GOnce once = G_ONCE_INIT;
  guint32 rest = ~before;

  g_once (&once, fill_table, NULL);
  for (gsize i = 0; i < size; i++)
    rest = table[(rest ^ data[i]) & 0xff] ^ (rest >> 8);
  return ~rest;
}

static guint32
get_head_sum (guint32     chain,
              const Head *head)
{
  return get_checksum (chain, (const guint8 *) head, G_STRUCT_OFFSET (Head, head_sum));
}

/* Variants are in the byte order of the machine, journals are not. Takes @value. */
static GVariant *
swap_order (GVariant *value)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return value;
#else
  GVariant *swapped = g_variant_byteswap (value);

  g_variant_unref (value);
  return swapped;
#endif
}

/* Writing */

/* What every journal begins with; the chain of checksums begins there, too. */
void
_g_flow_journal_begin (GString *bytes,
                       guint32 *chain)
{
  const guint32 version = GUINT32_TO_LE (VERSION);

  g_string_append_len (bytes, (const char *) signature, sizeof (signature));
  g_string_append_len (bytes, (const char *) &version, sizeof (version));
  *chain = 0;
}

gboolean
_g_flow_journal_append (GString          *bytes,
                        guint32          *chain,
                        GFlowJournalKind  kind,
                        GVariant         *payload)
{
  g_autoptr(GVariant) value = swap_order (g_variant_ref_sink (payload));
  const gsize size = g_variant_get_size (value);
  /* A size of 0 comes with no data. */
  const guint8 *data = size > 0 ? g_variant_get_data (value) : (const guint8 *) "";

  if (size > G_FLOW_JOURNAL_MAX_PAYLOAD)
    return FALSE;

  Head head = {
    .length = GUINT32_TO_LE ((guint32) size),
    .kind = GUINT32_TO_LE ((guint32) kind),
    .payload_sum = GUINT32_TO_LE (get_checksum (0, data, size)),
  };

  *chain = get_head_sum (*chain, &head);
  head.head_sum = GUINT32_TO_LE (*chain);
  g_string_append_len (bytes, (const char *) &head, sizeof (head));
  g_string_append_len (bytes, (const char *) data, size);
  return TRUE;
}

/* Reading */

void
_g_flow_journal_content_clear (GFlowJournalContent *self)
{
  g_clear_pointer (&self->picture, g_variant_unref);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_clear_pointer (&self->outcomes, g_ptr_array_unref);
  g_clear_pointer (&self->items, g_ptr_array_unref);
}

static void
set_damaged (GError **error,
             gsize    offset)
{
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
               _("It is damaged at byte %" G_GSIZE_FORMAT), offset);
}

static gboolean
is_zero (const guint8 *data,
         gsize         size)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] != 0)
      return FALSE;
  return TRUE;
}

typedef enum
{
  RECORD_GOOD,
  RECORD_NONE,    /* the end, or torn */
  RECORD_DAMAGED,
} Record;

/* Looks at the record at the beginning of @data. */
static Record
read_head (const guint8 *data,
           gsize         size,
           guint32       chain,
           Head         *head)
{
  if (size < sizeof (*head))
    return RECORD_NONE;

  memcpy (head, data, sizeof (*head));
  if (GUINT32_FROM_LE (head->head_sum) != get_head_sum (chain, head))
    return is_zero (data, size) ? RECORD_NONE : RECORD_DAMAGED;

  head->length = GUINT32_FROM_LE (head->length);
  head->kind = GUINT32_FROM_LE (head->kind);
  head->payload_sum = GUINT32_FROM_LE (head->payload_sum);
  head->head_sum = GUINT32_FROM_LE (head->head_sum);
  if (head->length > G_FLOW_JOURNAL_MAX_PAYLOAD)
    return RECORD_DAMAGED;

  data += sizeof (*head);
  size -= sizeof (*head);
  if (head->length > size)
    return RECORD_NONE;
  if (head->payload_sum != get_checksum (0, data, head->length))
    return head->length == size ? RECORD_NONE : RECORD_DAMAGED;
  return RECORD_GOOD;
}

/* NULL if it is not what a payload of that type looks like. */
static GVariant *
read_payload (const guint8 *data,
              guint32       length,
              const char   *type)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, length);
  GVariant *value =
    g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));

  if (g_variant_is_normal_form (value))
    return swap_order (value);
  g_variant_unref (value);
  return NULL;
}

static void
free_outcome (gpointer outcome)
{
  if (outcome != NULL)
    g_variant_unref (outcome);
}

static gboolean
take_plan (GFlowJournalContent *content,
           GVariant            *payload)
{
  if (payload == NULL || content->picture != NULL)
    return FALSE;

  content->picture = g_variant_get_child_value (payload, 0);
  content->parameters = g_variant_get_child_value (payload, 1);
  content->outcomes = g_ptr_array_new_with_free_func (free_outcome);
  g_ptr_array_set_size (content->outcomes, g_variant_n_children (content->picture));
  content->items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  return TRUE;
}

/* The number of the node that it is about. */
static gboolean
find_number (GFlowJournalContent *content,
             GVariant            *payload,
             guint32             *number)
{
  if (payload == NULL || content->picture == NULL)
    return FALSE;

  g_variant_get_child (payload, 0, "u", number);
  return *number < content->outcomes->len;
}

/* A node may have run again: the last outcome counts. */
static gboolean
take_node (GFlowJournalContent *content,
           GVariant            *payload)
{
  guint32 number;

  if (!find_number (content, payload, &number))
    return FALSE;

  free_outcome (content->outcomes->pdata[number]);
  content->outcomes->pdata[number] = g_variant_get_child_value (payload, 1);
  return TRUE;
}

static gboolean
take_item (GFlowJournalContent *content,
           GVariant            *payload)
{
  guint32 number;

  if (!find_number (content, payload, &number))
    return FALSE;

  g_ptr_array_add (content->items, g_variant_ref (payload));
  return TRUE;
}

static gboolean
take_forget (GFlowJournalContent *content,
             GVariant            *payload)
{
  guint32 number, other;

  if (payload == NULL || content->picture == NULL)
    return FALSE;

  g_variant_get (payload, "(u)", &number);
  if (number >= content->outcomes->len)
    return FALSE;

  free_outcome (g_steal_pointer (&content->outcomes->pdata[number]));
  for (guint i = content->items->len; i-- > 0;)
    {
      g_variant_get_child (content->items->pdata[i], 0, "u", &other);
      if (other == number)
        g_ptr_array_remove_index (content->items, i);
    }
  return TRUE;
}

static gboolean
take_record (GFlowJournalContent *content,
             const Head          *head,
             const guint8        *data)
{
  g_autoptr(GVariant) payload = NULL;

  switch (head->kind)
    {
    case G_FLOW_JOURNAL_PLAN:
      payload = read_payload (data, head->length, G_FLOW_JOURNAL_PLAN_TYPE);
      return take_plan (content, payload);
    case G_FLOW_JOURNAL_NODE:
      payload = read_payload (data, head->length, G_FLOW_JOURNAL_NODE_TYPE);
      return take_node (content, payload);
    case G_FLOW_JOURNAL_ITEM:
      payload = read_payload (data, head->length, G_FLOW_JOURNAL_ITEM_TYPE);
      return take_item (content, payload);
    case G_FLOW_JOURNAL_FORGET:
      payload = read_payload (data, head->length, G_FLOW_JOURNAL_FORGET_TYPE);
      return take_forget (content, payload);
    case G_FLOW_JOURNAL_END:
      content->complete = TRUE;
      return content->picture != NULL;
    default:
      return FALSE;
    }
}

/* FALSE if the bytes do not begin as a journal does. */
static gboolean
read_start (const guint8  *data,
            gsize          size,
            GError       **error)
{
  guint32 version;

  if (memcmp (data, signature, MIN (size, sizeof (signature))) != 0)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                           _("It is not a journal of a flow"));
      return FALSE;
    }
  if (size < START_SIZE)
    return TRUE;

  memcpy (&version, data + sizeof (signature), sizeof (version));
  version = GUINT32_FROM_LE (version);
  if (version != VERSION)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                   _("It is from another version of the library, in format %u"), version);
      return FALSE;
    }
  return TRUE;
}

/* Reads a journal. @content is to be cleared in any case. */
gboolean
_g_flow_journal_parse (const guint8         *data,
                       gsize                 size,
                       GFlowJournalContent  *content,
                       GError              **error)
{
  Record record = RECORD_NONE;
  Head head;

  *content = (GFlowJournalContent) { 0 };
  if (size == 0)
    return TRUE;
  if (!read_start (data, size, error))
    return FALSE;
  if (size < START_SIZE)
    return TRUE;

  content->length = START_SIZE;
  while ((record = read_head (data + content->length, size - content->length,
                              content->chain, &head)) == RECORD_GOOD)
    {
      if (content->complete ||
          !take_record (content, &head, data + content->length + sizeof (head)))
        {
          record = RECORD_DAMAGED;
          break;
        }
      content->chain = head.head_sum;
      content->length += sizeof (head) + head.length;
    }
  /* Nothing is written after the end, also nothing that could be torn. */
  if (record == RECORD_DAMAGED || (content->complete && content->length < size))
    {
      set_damaged (error, content->length);
      return FALSE;
    }
  return TRUE;
}
