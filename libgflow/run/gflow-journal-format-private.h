/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The journal of a run, as bytes.
 *
 * It begins with a signature of 12 bytes and the version of the format. After that come
 * records:
 *
 *   length of the payload · kind · checksum of the payload · checksum of the head   16 bytes
 *   payload, a variant
 *
 * All numbers, also in variants, are little-endian; heads are of 32 bits each. Checksums are
 * CRC-32. That of a head begins with that of the head before it, so that no record can be
 * missing, or stand elsewhere.
 *
 * Where a process was killed, or the power failed, the last record may be torn: it is
 * incomplete, or its payload is wrong, or there are only zeros. It is left out. Anything
 * else that is wrong is damage, and then the journal is not used. */

typedef enum
{
  G_FLOW_JOURNAL_PLAN = 1, /* (a(sau)a{sv}): the picture of the plan and the parameters; comes first */
  G_FLOW_JOURNAL_NODE,     /* (ua{sv}): a node by its number in the picture, and its outcome */
  G_FLOW_JOURNAL_END,      /* (): the run has succeeded; nothing comes after it */
  G_FLOW_JOURNAL_ITEM,     /* (uuta{sv}): a map by its number, which item, its digest, its outcome */
  G_FLOW_JOURNAL_FORGET,   /* (u): what was written of that node, and of its items, does not count */
} GFlowJournalKind;

#define G_FLOW_JOURNAL_PLAN_TYPE "(a(sau)a{sv})"
#define G_FLOW_JOURNAL_NODE_TYPE "(ua{sv})"
#define G_FLOW_JOURNAL_ITEM_TYPE "(uuta{sv})"
#define G_FLOW_JOURNAL_FORGET_TYPE "(u)"

/* A longer payload is damage. */
#define G_FLOW_JOURNAL_MAX_PAYLOAD ((guint32) 1 << 30)

/* What a journal says. */
typedef struct
{
  GVariant  *picture;    /* (owned) (nullable): if there is none, nothing was written */
  GVariant  *parameters; /* (owned) (nullable) */
  GPtrArray *outcomes;   /* (owned) of GVariant, by number in the picture; NULL for most */
  GPtrArray *items;      /* (owned) of GVariant, of ITEM_TYPE: of maps, in the order of writing */
  gboolean   complete;   /* the run has succeeded */
  gsize      length;     /* up to the last record that is good */
  guint32    chain;      /* the checksum to go on with */
} GFlowJournalContent;

void     _g_flow_journal_content_clear (GFlowJournalContent *self);
gboolean _g_flow_journal_parse         (const guint8        *data,
                                        gsize                size,
                                        GFlowJournalContent *content,
                                        GError             **error);

/* Writing: appends to @bytes. FALSE for a payload that is too long. */
void     _g_flow_journal_begin         (GString             *bytes,
                                        guint32             *chain);
gboolean _g_flow_journal_append        (GString             *bytes,
                                        guint32             *chain,
                                        GFlowJournalKind     kind,
                                        GVariant            *payload);

G_END_DECLS
