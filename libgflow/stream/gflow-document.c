/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-document-private.h"

#include "graph/gflow-dict-private.h"

/**
 * GFlowDocument:
 *
 * One piece of the data that goes through a flow: a line of a file, a page, a
 * picture, a record.
 *
 * A document has content, which is text, bytes, a URI that says where the
 * content is, or several of them; and tags, a dictionary of anything else that
 * is known of it. Everything is optional.
 *
 * ```c
 * g_autoptr(GFlowDocument) document = g_flow_document_new_for_text ("Hello");
 *
 * g_flow_document_set_id (document, "greeting");
 * g_flow_document_set_tag (document, "language", g_variant_new_string ("en"));
 * ```
 *
 * ## Thread safety
 *
 * A document may be used in any thread, but not in two at the same time. A change
 * notifies in the thread that makes it.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_ID,
  PROP_TEXT,
  PROP_BLOB,
  PROP_URI,
  PROP_MIME_TYPE,
  PROP_TAGS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowDocument, g_flow_document, G_TYPE_OBJECT)

/* GObject */

static void
g_flow_document_finalize (GObject *object)
{
  GFlowDocument *self = G_FLOW_DOCUMENT (object);

  g_free (self->id);
  g_free (self->text);
  g_clear_pointer (&self->blob, g_bytes_unref);
  g_free (self->uri);
  g_free (self->mime_type);
  g_clear_pointer (&self->tags, g_variant_unref);

  G_OBJECT_CLASS (g_flow_document_parent_class)->finalize (object);
}

static void
g_flow_document_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  GFlowDocument *self = G_FLOW_DOCUMENT (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_BLOB:
      g_value_set_boxed (value, self->blob);
      break;
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_MIME_TYPE:
      g_value_set_string (value, self->mime_type);
      break;
    case PROP_TAGS:
      g_value_set_variant (value, g_flow_document_get_tags (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_document_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  GFlowDocument *self = G_FLOW_DOCUMENT (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_flow_document_set_id (self, g_value_get_string (value));
      break;
    case PROP_TEXT:
      g_flow_document_set_text (self, g_value_get_string (value));
      break;
    case PROP_BLOB:
      g_flow_document_set_blob (self, g_value_get_boxed (value));
      break;
    case PROP_URI:
      g_flow_document_set_uri (self, g_value_get_string (value));
      break;
    case PROP_MIME_TYPE:
      g_flow_document_set_mime_type (self, g_value_get_string (value));
      break;
    case PROP_TAGS:
      g_flow_document_set_tags (self, g_value_get_variant (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_document_class_init (GFlowDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = g_flow_document_finalize;
  object_class->get_property = g_flow_document_get_property;
  object_class->set_property = g_flow_document_set_property;

  /**
   * GFlowDocument:id: (attributes org.gtk.Property.get=g_flow_document_get_id org.gtk.Property.set=g_flow_document_set_id)
   *
   * What tells the document from others.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);

  /**
   * GFlowDocument:text: (attributes org.gtk.Property.get=g_flow_document_get_text org.gtk.Property.set=g_flow_document_set_text)
   *
   * The content, as text in UTF-8.
   *
   * Since: 0.1
   */
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, flags);

  /**
   * GFlowDocument:blob: (attributes org.gtk.Property.get=g_flow_document_get_blob org.gtk.Property.set=g_flow_document_set_blob)
   *
   * The content, as bytes.
   *
   * Since: 0.1
   */
  properties[PROP_BLOB] = g_param_spec_boxed ("blob", NULL, NULL, G_TYPE_BYTES, flags);

  /**
   * GFlowDocument:uri: (attributes org.gtk.Property.get=g_flow_document_get_uri org.gtk.Property.set=g_flow_document_set_uri)
   *
   * Where the content is, or comes from.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL, flags);

  /**
   * GFlowDocument:mime-type: (attributes org.gtk.Property.get=g_flow_document_get_mime_type org.gtk.Property.set=g_flow_document_set_mime_type)
   *
   * The type of the content, such as `text/plain`.
   *
   * Since: 0.1
   */
  properties[PROP_MIME_TYPE] = g_param_spec_string ("mime-type", NULL, NULL, NULL, flags);

  /**
   * GFlowDocument:tags: (attributes org.gtk.Property.get=g_flow_document_get_tags org.gtk.Property.set=g_flow_document_set_tags)
   *
   * Whatever else is known of the document: a dictionary of type `a{sv}`.
   *
   * Since: 0.1
   */
  properties[PROP_TAGS] = g_param_spec_variant ("tags", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL,
                                                flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_document_init (GFlowDocument *self)
{
}

/**
 * g_flow_document_new:
 *
 * Makes a document without content.
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new (void)
{
  return g_object_new (G_TYPE_FLOW_DOCUMENT, NULL);
}

/**
 * g_flow_document_new_for_text:
 * @text: the content, in UTF-8
 *
 * Makes a document of a text.
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new_for_text (const char *text)
{
  g_return_val_if_fail (text != NULL && g_utf8_validate (text, -1, NULL), NULL);

  GFlowDocument *self = g_flow_document_new ();

  self->text = g_strdup (text);
  return self;
}

/**
 * g_flow_document_new_for_blob:
 * @blob: the content
 *
 * Makes a document of bytes.
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new_for_blob (GBytes *blob)
{
  g_return_val_if_fail (blob != NULL, NULL);

  GFlowDocument *self = g_flow_document_new ();

  self->blob = g_bytes_ref (blob);
  return self;
}

/**
 * g_flow_document_new_for_uri:
 * @uri: where the content is
 *
 * Makes a document whose content is elsewhere. Nothing is loaded.
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new_for_uri (const char *uri)
{
  g_return_val_if_fail (uri != NULL && g_utf8_validate (uri, -1, NULL), NULL);

  GFlowDocument *self = g_flow_document_new ();

  self->uri = g_strdup (uri);
  return self;
}

/**
 * g_flow_document_copy:
 * @self: a document
 *
 * Copies a document. What is immutable, bytes and tags, is shared.
 *
 * Returns: (transfer full): a new document, equal to @self
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_copy (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  GFlowDocument *copy = g_flow_document_new ();

  copy->id = g_strdup (self->id);
  copy->text = g_strdup (self->text);
  copy->blob = self->blob != NULL ? g_bytes_ref (self->blob) : NULL;
  copy->uri = g_strdup (self->uri);
  copy->mime_type = g_strdup (self->mime_type);
  copy->tags = self->tags != NULL ? g_variant_ref (self->tags) : NULL;
  return copy;
}

static gboolean
equal_bytes (GBytes *a,
             GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

/* The order of the members of a dictionary means nothing. */
static gboolean
equal_tags (GVariant *a,
            GVariant *b)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;
  gboolean equal = TRUE;

  if (g_variant_equal (a, b))
    return TRUE;
  if (g_variant_n_children (a) != g_variant_n_children (b))
    return FALSE;
  g_variant_iter_init (&iter, a);
  while (equal && g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr(GVariant) other = g_variant_lookup_value (b, name, NULL);

      equal = other != NULL &&
              (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) &&
               g_variant_is_of_type (other, G_VARIANT_TYPE_VARDICT)
               ? equal_tags (value, other) : g_variant_equal (value, other));
      g_variant_unref (value);
    }
  return equal;
}

/**
 * g_flow_document_equal:
 * @self: a document
 * @other: another document
 *
 * Compares two documents: all that they have, and the types of their tags, but
 * not the order of these.
 *
 * Returns: %TRUE if they have the same id, content and tags
 *
 * Since: 0.1
 */
gboolean
g_flow_document_equal (GFlowDocument *self,
                       GFlowDocument *other)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (other), FALSE);

  return self == other ||
         (g_strcmp0 (self->id, other->id) == 0 &&
          g_strcmp0 (self->text, other->text) == 0 &&
          equal_bytes (self->blob, other->blob) &&
          g_strcmp0 (self->uri, other->uri) == 0 &&
          g_strcmp0 (self->mime_type, other->mime_type) == 0 &&
          equal_tags (g_flow_document_get_tags (self), g_flow_document_get_tags (other)));
}

/* Properties */

/* That all strings are UTF-8 is what lets a document be written in any form. */
static void
set_string (GFlowDocument *self,
            char         **field,
            const char    *value,
            guint          prop_id)
{
  g_return_if_fail (value == NULL || g_utf8_validate (value, -1, NULL));

  if (g_strcmp0 (*field, value) == 0)
    return;

  char *copy = g_strdup (value);

  g_free (*field);
  *field = copy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[prop_id]);
}

/**
 * g_flow_document_get_id: (attributes org.gtk.Method.get_property=id)
 * @self: a document
 *
 * Gets what tells the document from others.
 *
 * Returns: (transfer none) (nullable): the id, or %NULL if it has none
 *
 * Since: 0.1
 */
const char *
g_flow_document_get_id (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return self->id;
}

/**
 * g_flow_document_set_id: (attributes org.gtk.Method.set_property=id)
 * @self: a document
 * @id: (nullable): the id
 *
 * Sets what tells the document from others.
 *
 * Since: 0.1
 */
void
g_flow_document_set_id (GFlowDocument *self,
                        const char    *id)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));

  set_string (self, &self->id, id, PROP_ID);
}

/**
 * g_flow_document_get_text: (attributes org.gtk.Method.get_property=text)
 * @self: a document
 *
 * Gets the content as text.
 *
 * Returns: (transfer none) (nullable): the text, or %NULL if it has none
 *
 * Since: 0.1
 */
const char *
g_flow_document_get_text (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return self->text;
}

/**
 * g_flow_document_set_text: (attributes org.gtk.Method.set_property=text)
 * @self: a document
 * @text: (nullable): the content, in UTF-8
 *
 * Sets the content as text.
 *
 * Since: 0.1
 */
void
g_flow_document_set_text (GFlowDocument *self,
                          const char    *text)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));

  set_string (self, &self->text, text, PROP_TEXT);
}

/**
 * g_flow_document_get_blob: (attributes org.gtk.Method.get_property=blob)
 * @self: a document
 *
 * Gets the content as bytes.
 *
 * Returns: (transfer none) (nullable): the bytes, or %NULL if it has none
 *
 * Since: 0.1
 */
GBytes *
g_flow_document_get_blob (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return self->blob;
}

/**
 * g_flow_document_set_blob: (attributes org.gtk.Method.set_property=blob)
 * @self: a document
 * @blob: (nullable): the content
 *
 * Sets the content as bytes.
 *
 * Since: 0.1
 */
void
g_flow_document_set_blob (GFlowDocument *self,
                          GBytes        *blob)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));

  if (equal_bytes (self->blob, blob))
    return;

  g_clear_pointer (&self->blob, g_bytes_unref);
  self->blob = blob != NULL ? g_bytes_ref (blob) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BLOB]);
}

/**
 * g_flow_document_get_uri: (attributes org.gtk.Method.get_property=uri)
 * @self: a document
 *
 * Gets where the content is, or comes from.
 *
 * Returns: (transfer none) (nullable): the URI, or %NULL if it has none
 *
 * Since: 0.1
 */
const char *
g_flow_document_get_uri (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return self->uri;
}

/**
 * g_flow_document_set_uri: (attributes org.gtk.Method.set_property=uri)
 * @self: a document
 * @uri: (nullable): the URI
 *
 * Sets where the content is, or comes from.
 *
 * Since: 0.1
 */
void
g_flow_document_set_uri (GFlowDocument *self,
                         const char    *uri)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));

  set_string (self, &self->uri, uri, PROP_URI);
}

/**
 * g_flow_document_get_mime_type: (attributes org.gtk.Method.get_property=mime-type)
 * @self: a document
 *
 * Gets the type of the content.
 *
 * Returns: (transfer none) (nullable): the MIME type, or %NULL if it is not known
 *
 * Since: 0.1
 */
const char *
g_flow_document_get_mime_type (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return self->mime_type;
}

/**
 * g_flow_document_set_mime_type: (attributes org.gtk.Method.set_property=mime-type)
 * @self: a document
 * @mime_type: (nullable): the MIME type
 *
 * Sets the type of the content.
 *
 * Since: 0.1
 */
void
g_flow_document_set_mime_type (GFlowDocument *self,
                               const char    *mime_type)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));

  set_string (self, &self->mime_type, mime_type, PROP_MIME_TYPE);
}

/* Whether there are more than @limit containers in each other. Where a type has no variants in it
 * all values of it have the same number, whatever their size. */
static gboolean
is_deeper (GVariant *value,
           guint     limit)
{
  if (!g_variant_is_container (value))
    return FALSE;
  if (limit == 0)
    return TRUE;

  const gboolean varies = strchr (g_variant_get_type_string (value), 'v') != NULL;
  const gsize n = g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) && !varies
                    ? MIN (g_variant_n_children (value), 1) : g_variant_n_children (value);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      if (is_deeper (child, limit - 1))
        return TRUE;
    }
  return FALSE;
}

gboolean
_g_flow_document_may_have_tags (GVariant *tags)
{
  return !is_deeper (tags, G_FLOW_TAGS_MAX_DEPTH);
}

/**
 * g_flow_document_get_tags: (attributes org.gtk.Method.get_property=tags)
 * @self: a document
 *
 * Gets the tags.
 *
 * Returns: (transfer none): a dictionary of type `a{sv}`, empty if there are none
 *
 * Since: 0.1
 */
GVariant *
g_flow_document_get_tags (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return _g_flow_dict_or_empty (self->tags);
}

/**
 * g_flow_document_set_tags: (attributes org.gtk.Method.set_property=tags)
 * @self: a document
 * @tags: (nullable): a dictionary of type `a{sv}`, consumed if it is floating
 *
 * Sets all tags at once. They may be nested 112 levels deep, of which a dictionary in a
 * dictionary takes three: so that the document can be a part of something that GVariant takes.
 *
 * Since: 0.1
 */
void
g_flow_document_set_tags (GFlowDocument *self,
                          GVariant      *tags)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));
  g_return_if_fail (tags == NULL || g_variant_is_of_type (tags, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (tags == NULL || _g_flow_document_may_have_tags (tags));

  g_autoptr(GVariant) held = g_variant_ref_sink (_g_flow_dict_or_empty (tags));

  if (g_variant_equal (held, g_flow_document_get_tags (self)))
    return;

  g_clear_pointer (&self->tags, g_variant_unref);
  if (g_variant_n_children (held) > 0)
    self->tags = g_steal_pointer (&held);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TAGS]);
}

/**
 * g_flow_document_dup_tag:
 * @self: a document
 * @name: the name of a tag
 *
 * Gets a tag.
 *
 * Returns: (transfer full) (nullable): its value, or %NULL if there is no tag of this
 *   name
 *
 * Since: 0.1
 */
GVariant *
g_flow_document_dup_tag (GFlowDocument *self,
                         const char    *name)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return self->tags != NULL ? g_variant_lookup_value (self->tags, name, NULL) : NULL;
}

/**
 * g_flow_document_set_tag:
 * @self: a document
 * @name: the name of a tag, in UTF-8
 * @value: (nullable): its value, consumed if it is floating, and nested as little as for
 *   [method@GFlow.FlowDocument.set_tags]; %NULL to remove the tag
 *
 * Sets or removes a tag. Who has many to set makes a dictionary of them, for
 * [method@GFlow.FlowDocument.set_tags]: tags are immutable, so each change makes
 * another dictionary.
 *
 * Since: 0.1
 */
void
g_flow_document_set_tag (GFlowDocument *self,
                         const char    *name,
                         GVariant      *value)
{
  g_return_if_fail (G_IS_FLOW_DOCUMENT (self));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));
  /* In the dictionary it is three levels further down. */
  g_return_if_fail (value == NULL || !is_deeper (value, G_FLOW_TAGS_MAX_DEPTH - 3));

  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *other;
  gboolean placed = value == NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, g_flow_document_get_tags (self));
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &other))
    if (strcmp (key, name) != 0)
      g_variant_builder_add (&builder, "{sv}", key, other);
    else if (!placed)
      {
        g_variant_builder_add (&builder, "{sv}", name, value);
        placed = TRUE;
      }
  if (!placed)
    g_variant_builder_add (&builder, "{sv}", name, value);
  g_flow_document_set_tags (self, g_variant_builder_end (&builder));
}
