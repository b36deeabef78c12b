/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-file-source.h"

#include "gflow-enum-types.h"
#include "gflow-glob-private.h"
#include "gflow-walk-private.h"
#include "graph/gflow-error.h"
#include "stream/gflow-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * GFlowFileSource:
 *
 * A source of files: each file of a folder, and of those below it, that matches a
 * pattern is a document.
 *
 * A pattern is a path, in which `*` and `?` stand for any characters of a name, and `**`,
 * where there could be a name, for any number of folders. As in shells, what begins with
 * a dot is only matched by what does so itself, and `**` does not follow symbolic links to
 * folders. Only regular files count.
 *
 * The files come in the order of their names, folder by folder; a folder is looked into
 * when it is its turn. A document has the URI of its file and the MIME type that goes with
 * its name, and, with [property@GFlow.FlowFileSource:contents], the content.
 *
 * ```c
 * g_autoptr(GFlowFileSource) source = g_flow_file_source_new_for_glob ("notes/20??-*.txt");
 *
 * g_flow_file_source_set_contents (source, G_FLOW_CONTENTS_TEXT);
 * ```
 *
 * A file that cannot be read, or is too long, or is no text, ends the source with an
 * error, or, with [property@GFlow.FlowFileSource:skip-bad], is left out and counted.
 *
 * ## Thread safety
 *
 * A source may be used in any thread, but not in two at the same time. Its settings are to
 * be made before it is read from.
 *
 * Since: 0.1
 */

#define DEFAULT_MAX_LENGTH (16 * 1024 * 1024)
#define N_AT_ONCE 100

struct _GFlowFileSource
{
  GObject        parent_instance;

  GFile         *folder;     /* (owned) */
  char          *pattern;    /* (owned) */
  GFlowContents  contents;
  guint          max_length;
  gboolean       skip_bad;

  GFlowWalk     *walk;       /* (owned) (nullable): made when first used */
  guint64        n_read;
  guint64        n_skipped;
};

enum
{
  PROP_0,
  PROP_FOLDER,
  PROP_PATTERN,
  PROP_CONTENTS,
  PROP_MAX_LENGTH,
  PROP_SKIP_BAD,
  PROP_N_READ,
  PROP_N_SKIPPED,
  N_PROPS
};

enum
{
  SIGNAL_SKIPPED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void g_flow_file_source_source_init (GFlowSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowFileSource, g_flow_file_source, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE,
                                                      g_flow_file_source_source_init))

static gboolean
begin (GFlowFileSource  *self,
       GError          **error)
{
  if (self->walk == NULL)
    self->walk = _g_flow_walk_new (self->folder, self->pattern, error);
  return self->walk != NULL;
}

/* Documents */

static GFlowDocument *
document_new (GFile     *file,
              GFileInfo *info)
{
  GFlowDocument *document = g_flow_document_new ();
  const char *type = g_file_info_get_attribute_string (info,
                                                       G_FILE_ATTRIBUTE_STANDARD_FAST_CONTENT_TYPE);

  document->uri = g_file_get_uri (file);
  if (type != NULL)
    document->mime_type = g_content_type_get_mime_type (type);
  return document;
}

static gboolean
check_length (GFlowFileSource  *self,
              GFile            *file,
              goffset           length,
              GError          **error)
{
  g_autofree char *name = NULL;

  if (length <= self->max_length)
    return TRUE;
  name = g_file_get_parse_name (file);
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("%s: This is longer than %u bytes"), name, self->max_length);
  return FALSE;
}

/* Consumes @contents, which end in a NUL that does not count. */
static gboolean
take_contents (GFlowFileSource  *self,
               GFlowDocument    *document,
               GFile            *file,
               char             *contents,
               gsize             length,
               GError          **error)
{
  g_autofree char *held = contents;
  const char *invalid;

  if (!check_length (self, file, length, error))
    return FALSE;
  if (self->contents == G_FLOW_CONTENTS_BLOB)
    {
      document->blob = g_bytes_new_take (g_steal_pointer (&held), length);
      return TRUE;
    }
  if (g_utf8_validate_len (contents, length, &invalid))
    {
      document->text = g_steal_pointer (&held);
      return TRUE;
    }

  g_autofree char *name = g_file_get_parse_name (file);

  g_propagate_error (error, _g_flow_error_new_at (name, 1, 1, contents, invalid,
                                                  _("This is not UTF-8")));
  return FALSE;
}

static void
add_document (GFlowFileSource *self,
              GListStore      *documents,
              GFlowDocument   *document)
{
  g_list_store_append (documents, document);
  self->n_read++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_READ]);
}

/* Whether it goes on behind something bad. Consumes @bad if so. That the folder itself
 * cannot be read is nothing that could be left out. */
static gboolean
may_skip (GFlowFileSource *self,
          GError          *bad)
{
  if (!self->skip_bad || _g_flow_walk_is_over (self->walk) ||
      g_error_matches (bad, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;
  self->n_skipped++;
  g_signal_emit (self, signals[SIGNAL_SKIPPED], 0, bad);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SKIPPED]);
  g_error_free (bad);
  return TRUE;
}

/* A folder that cannot be listed is left. One that was only cancelled is begun anew. */
static void
leave_unlisted (GFlowFileSource *self,
                GError          *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    _g_flow_walk_begin_anew (self->walk);
  else
    _g_flow_walk_leave (self->walk);
}

/* The same with a file. */
static void
leave_unread (GFlowFileSource *self,
              GError          *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    _g_flow_walk_go_back (self->walk);
}

/* Sync */

static gboolean
read_sync (GFlowFileSource  *self,
           GFile            *file,
           GFileInfo        *info,
           GListStore       *documents,
           GCancellable     *cancellable,
           GError          **error)
{
  g_autoptr(GFlowDocument) document = document_new (file, info);
  char *contents;
  gsize length;

  if (self->contents != G_FLOW_CONTENTS_NONE &&
      (!check_length (self, file, g_file_info_get_size (info), error) ||
       !g_file_load_contents (file, cancellable, &contents, &length, NULL, error) ||
       !take_contents (self, document, file, contents, length, error)))
    return FALSE;
  add_document (self, documents, document);
  return TRUE;
}

static gboolean
g_flow_file_source_fill_sync (GFlowSource   *source,
                              guint          n_documents,
                              GListStore    *documents,
                              GCancellable  *cancellable,
                              GError       **error)
{
  GFlowFileSource *self = G_FLOW_FILE_SOURCE (source);
  const guint before = g_list_model_get_n_items (G_LIST_MODEL (documents));

  if (!begin (self, error))
    return FALSE;
  while (g_list_model_get_n_items (G_LIST_MODEL (documents)) - before < n_documents)
    {
      g_autoptr(GFile) file = NULL;
      GFileInfo *info = NULL;
      GError *bad = NULL;
      const GFlowWalkStep step = _g_flow_walk_next (self->walk, &info, &file);

      if (step == G_FLOW_WALK_END)
        return TRUE;
      if (step == G_FLOW_WALK_LIST && !_g_flow_walk_list (self->walk, cancellable, &bad))
        leave_unlisted (self, bad);
      else if (step == G_FLOW_WALK_FILE &&
               !read_sync (self, file, info, documents, cancellable, &bad))
        leave_unread (self, bad);
      if (bad != NULL && !may_skip (self, bad))
        {
          g_propagate_error (error, bad);
          return FALSE;
        }
    }
  return TRUE;
}

/* Async */

/* One call of fill(). */
typedef struct
{
  guint          n_documents; /* that are missing */
  GListStore    *documents;   /* (owned) */
  GFlowDocument *document;    /* (owned) (nullable): whose content is being loaded */
} Filling;

static void
filling_free (gpointer data)
{
  Filling *filling = data;

  g_object_unref (filling->documents);
  g_clear_object (&filling->document);
  g_free (filling);
}

static void fill_more (GTask *task);

/* Goes on behind something bad, if it may. Consumes @bad. */
static void
fill_behind (GTask  *task,
             GError *bad)
{
  if (may_skip (g_task_get_source_object (task), bad))
    fill_more (task);
  else
    g_task_return_error (task, bad);
}

static void
infos_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowFileSource *self = g_task_get_source_object (task);
  GFileEnumerator *enumerator = G_FILE_ENUMERATOR (object);
  GError *error = NULL;
  GList *infos = g_file_enumerator_next_files_finish (enumerator, result, &error);

  if (error != NULL)
    {
      leave_unlisted (self, error);
      fill_behind (task, error);
      return;
    }
  if (infos == NULL)
    {
      _g_flow_walk_listed (self->walk);
      fill_more (task);
      return;
    }

  for (GList *l = infos; l != NULL; l = l->next)
    _g_flow_walk_add (self->walk, l->data);
  g_list_free_full (infos, g_object_unref);
  g_file_enumerator_next_files_async (enumerator, N_AT_ONCE, g_task_get_priority (task),
                                      g_task_get_cancellable (task), infos_cb,
                                      g_object_ref (task));
}

static void
enumerator_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  g_autoptr(GFileEnumerator) enumerator = g_file_enumerate_children_finish (G_FILE (object), result,
                                                                            &error);

  if (enumerator != NULL)
    {
      g_file_enumerator_next_files_async (enumerator, N_AT_ONCE, g_task_get_priority (task),
                                          g_task_get_cancellable (task), infos_cb,
                                          g_object_ref (task));
      return;
    }
  leave_unlisted (g_task_get_source_object (task), error);
  fill_behind (task, error);
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowFileSource *self = g_task_get_source_object (task);
  Filling *filling = g_task_get_task_data (task);
  g_autoptr(GFlowDocument) document = g_steal_pointer (&filling->document);
  GFile *file = G_FILE (object);
  GError *error = NULL;
  char *contents;
  gsize length;

  if (g_file_load_contents_finish (file, result, &contents, &length, NULL, &error) &&
      take_contents (self, document, file, contents, length, &error))
    {
      add_document (self, filling->documents, document);
      filling->n_documents--;
      fill_more (task);
      return;
    }
  leave_unread (self, error);
  fill_behind (task, error);
}

/* Adds the document, or begins to load its content: FALSE then, or with an error. */
static gboolean
read_async (GTask      *task,
            GFile      *file,
            GFileInfo  *info,
            GError    **error)
{
  GFlowFileSource *self = g_task_get_source_object (task);
  Filling *filling = g_task_get_task_data (task);
  g_autoptr(GFlowDocument) document = document_new (file, info);

  if (self->contents == G_FLOW_CONTENTS_NONE)
    {
      add_document (self, filling->documents, document);
      filling->n_documents--;
      return TRUE;
    }
  if (check_length (self, file, g_file_info_get_size (info), error))
    {
      filling->document = g_steal_pointer (&document);
      g_file_load_contents_async (file, g_task_get_cancellable (task), loaded_cb,
                                  g_object_ref (task));
    }
  return FALSE;
}

static void
fill_more (GTask *task)
{
  GFlowFileSource *self = g_task_get_source_object (task);
  Filling *filling = g_task_get_task_data (task);

  while (filling->n_documents > 0)
    {
      g_autoptr(GFile) file = NULL;
      GFileInfo *info = NULL;
      GError *bad = NULL;
      const GFlowWalkStep step = _g_flow_walk_next (self->walk, &info, &file);

      if (step == G_FLOW_WALK_END)
        break;
      if (step == G_FLOW_WALK_LIST)
        {
          g_file_enumerate_children_async (_g_flow_walk_get_folder (self->walk),
                                           G_FLOW_WALK_ATTRIBUTES, G_FILE_QUERY_INFO_NONE,
                                           g_task_get_priority (task),
                                           g_task_get_cancellable (task), enumerator_cb,
                                           g_object_ref (task));
          return;
        }
      if (!read_async (task, file, info, &bad))
        {
          if (bad == NULL)
            return;
          if (!may_skip (self, bad))
            {
              g_task_return_error (task, bad);
              return;
            }
        }
    }
  g_task_return_boolean (task, TRUE);
}

static void
g_flow_file_source_fill (GFlowSource  *source,
                         guint         n_documents,
                         GListStore   *documents,
                         GTask        *task,
                         GError      **error)
{
  Filling *filling;

  if (!begin (G_FLOW_FILE_SOURCE (source), error))
    return;
  filling = g_new0 (Filling, 1);
  filling->n_documents = n_documents;
  filling->documents = g_object_ref (documents);
  g_task_set_task_data (task, filling, filling_free);
  fill_more (task);
}

static void
g_flow_file_source_source_init (GFlowSourceInterface *iface)
{
  iface->fill = g_flow_file_source_fill;
  iface->fill_sync = g_flow_file_source_fill_sync;
}

/* GObject */

static void
g_flow_file_source_finalize (GObject *object)
{
  GFlowFileSource *self = G_FLOW_FILE_SOURCE (object);

  g_clear_object (&self->folder);
  g_free (self->pattern);
  g_clear_pointer (&self->walk, _g_flow_walk_free);

  G_OBJECT_CLASS (g_flow_file_source_parent_class)->finalize (object);
}

static void
g_flow_file_source_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  GFlowFileSource *self = G_FLOW_FILE_SOURCE (object);

  switch (prop_id)
    {
    case PROP_FOLDER:
      g_value_set_object (value, self->folder);
      break;
    case PROP_PATTERN:
      g_value_set_string (value, self->pattern);
      break;
    case PROP_CONTENTS:
      g_value_set_enum (value, self->contents);
      break;
    case PROP_MAX_LENGTH:
      g_value_set_uint (value, self->max_length);
      break;
    case PROP_SKIP_BAD:
      g_value_set_boolean (value, self->skip_bad);
      break;
    case PROP_N_READ:
      g_value_set_uint64 (value, self->n_read);
      break;
    case PROP_N_SKIPPED:
      g_value_set_uint64 (value, self->n_skipped);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_file_source_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  GFlowFileSource *self = G_FLOW_FILE_SOURCE (object);

  switch (prop_id)
    {
    case PROP_FOLDER:
      self->folder = g_value_dup_object (value);
      break;
    case PROP_PATTERN:
      self->pattern = g_value_dup_string (value);
      break;
    case PROP_CONTENTS:
      g_flow_file_source_set_contents (self, g_value_get_enum (value));
      break;
    case PROP_MAX_LENGTH:
      g_flow_file_source_set_max_length (self, g_value_get_uint (value));
      break;
    case PROP_SKIP_BAD:
      g_flow_file_source_set_skip_bad (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_file_source_constructed (GObject *object)
{
  GFlowFileSource *self = G_FLOW_FILE_SOURCE (object);

  if (self->folder == NULL)
    self->folder = g_file_new_for_path (".");
  if (self->pattern == NULL)
    self->pattern = g_strdup ("*");

  G_OBJECT_CLASS (g_flow_file_source_parent_class)->constructed (object);
}

static void
g_flow_file_source_class_init (GFlowFileSourceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags once = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = g_flow_file_source_constructed;
  object_class->finalize = g_flow_file_source_finalize;
  object_class->get_property = g_flow_file_source_get_property;
  object_class->set_property = g_flow_file_source_set_property;

  /**
   * GFlowFileSource:folder: (attributes org.gtk.Property.get=g_flow_file_source_get_folder)
   *
   * Where the pattern begins; the current folder if it is not given.
   *
   * Since: 0.1
   */
  properties[PROP_FOLDER] = g_param_spec_object ("folder", NULL, NULL, G_TYPE_FILE, once);

  /**
   * GFlowFileSource:pattern: (attributes org.gtk.Property.get=g_flow_file_source_get_pattern)
   *
   * What the paths of the files look like, from the folder on.
   *
   * Since: 0.1
   */
  properties[PROP_PATTERN] = g_param_spec_string ("pattern", NULL, NULL, "*", once);

  /**
   * GFlowFileSource:contents: (attributes org.gtk.Property.get=g_flow_file_source_get_contents org.gtk.Property.set=g_flow_file_source_set_contents)
   *
   * What the documents have of the content of the files.
   *
   * Since: 0.1
   */
  properties[PROP_CONTENTS] = g_param_spec_enum ("contents", NULL, NULL, G_TYPE_FLOW_CONTENTS,
                                                 G_FLOW_CONTENTS_NONE, rw);

  /**
   * GFlowFileSource:max-length: (attributes org.gtk.Property.get=g_flow_file_source_get_max_length org.gtk.Property.set=g_flow_file_source_set_max_length)
   *
   * How long a file may be whose content is loaded, in bytes. What is longer is bad.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_LENGTH] = g_param_spec_uint ("max-length", NULL, NULL, 1, G_MAXUINT,
                                                   DEFAULT_MAX_LENGTH, rw);

  /**
   * GFlowFileSource:skip-bad: (attributes org.gtk.Property.get=g_flow_file_source_get_skip_bad org.gtk.Property.set=g_flow_file_source_set_skip_bad)
   *
   * Whether files and folders that cannot be read are left out, and counted, instead
   * of ending the source with an error.
   *
   * Since: 0.1
   */
  properties[PROP_SKIP_BAD] = g_param_spec_boolean ("skip-bad", NULL, NULL, FALSE, rw);

  /**
   * GFlowFileSource:n-read: (attributes org.gtk.Property.get=g_flow_file_source_get_n_read)
   *
   * How many documents have been made.
   *
   * Since: 0.1
   */
  properties[PROP_N_READ] = g_param_spec_uint64 ("n-read", NULL, NULL, 0, G_MAXUINT64, 0, ro);

  /**
   * GFlowFileSource:n-skipped: (attributes org.gtk.Property.get=g_flow_file_source_get_n_skipped)
   *
   * How many files and folders were left out because they could not be read.
   *
   * Since: 0.1
   */
  properties[PROP_N_SKIPPED] = g_param_spec_uint64 ("n-skipped", NULL, NULL, 0, G_MAXUINT64, 0,
                                                    ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GFlowFileSource::skipped:
   * @self: the source
   * @error: what is wrong
   *
   * Emitted for everything that is left out, in the thread that reads.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SKIPPED] = g_signal_new ("skipped", G_TYPE_FROM_CLASS (klass),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
g_flow_file_source_init (GFlowFileSource *self)
{
  self->max_length = DEFAULT_MAX_LENGTH;
}

/**
 * g_flow_file_source_new:
 * @folder: a folder
 * @pattern: (nullable): what the paths of the files look like, from @folder on; %NULL
 *   for all files that are directly in it
 *
 * Makes a source of the files in a folder that match a pattern.
 *
 * That there is no such folder, or that this is no pattern, is an error when it is read
 * from.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowFileSource *
g_flow_file_source_new (GFile      *folder,
                        const char *pattern)
{
  g_return_val_if_fail (G_IS_FILE (folder), NULL);

  return g_object_new (G_TYPE_FLOW_FILE_SOURCE, "folder", folder, "pattern", pattern, NULL);
}

/**
 * g_flow_file_source_new_for_glob:
 * @glob: (type filename): a path with wildcards
 *
 * Makes a source of the files whose paths match a pattern. The folder is what comes
 * before the first wildcard.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowFileSource *
g_flow_file_source_new_for_glob (const char *glob)
{
  g_return_val_if_fail (glob != NULL, NULL);

  g_auto(GStrv) names = g_strsplit (glob, "/", -1);
  g_autofree char *path = NULL;
  g_autofree char *pattern = NULL;
  g_autoptr(GFile) folder = NULL;
  guint n = 0;

  while (names[n] != NULL && names[n + 1] != NULL && _g_flow_glob_is_plain (names[n]))
    n++;
  pattern = g_strjoinv ("/", names + n);
  path = g_strndup (glob, strlen (glob) - strlen (pattern));
  folder = g_file_new_for_path (*path != '\0' ? path : ".");
  return g_flow_file_source_new (folder, pattern);
}

/* Properties */

/**
 * g_flow_file_source_get_folder: (attributes org.gtk.Method.get_property=folder)
 * @self: a source
 *
 * Gets where the pattern begins.
 *
 * Returns: (transfer none): the folder
 *
 * Since: 0.1
 */
GFile *
g_flow_file_source_get_folder (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), NULL);

  return self->folder;
}

/**
 * g_flow_file_source_get_pattern: (attributes org.gtk.Method.get_property=pattern)
 * @self: a source
 *
 * Gets what the paths of the files look like.
 *
 * Returns: (transfer none): the pattern
 *
 * Since: 0.1
 */
const char *
g_flow_file_source_get_pattern (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), NULL);

  return self->pattern;
}

/**
 * g_flow_file_source_get_contents: (attributes org.gtk.Method.get_property=contents)
 * @self: a source
 *
 * Gets what the documents have of the content of the files.
 *
 * Returns: what they have
 *
 * Since: 0.1
 */
GFlowContents
g_flow_file_source_get_contents (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), G_FLOW_CONTENTS_NONE);

  return self->contents;
}

/**
 * g_flow_file_source_set_contents: (attributes org.gtk.Method.set_property=contents)
 * @self: a source
 * @contents: what they have
 *
 * Sets what the documents have of the content of the files.
 *
 * Since: 0.1
 */
void
g_flow_file_source_set_contents (GFlowFileSource *self,
                                 GFlowContents    contents)
{
  g_return_if_fail (G_IS_FLOW_FILE_SOURCE (self));
  g_return_if_fail (self->walk == NULL);
  g_return_if_fail (contents >= G_FLOW_CONTENTS_NONE && contents <= G_FLOW_CONTENTS_BLOB);

  if (self->contents == contents)
    return;
  self->contents = contents;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTENTS]);
}

/**
 * g_flow_file_source_get_max_length: (attributes org.gtk.Method.get_property=max-length)
 * @self: a source
 *
 * Gets how long a file may be whose content is loaded.
 *
 * Returns: a number of bytes
 *
 * Since: 0.1
 */
guint
g_flow_file_source_get_max_length (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), 0);

  return self->max_length;
}

/**
 * g_flow_file_source_set_max_length: (attributes org.gtk.Method.set_property=max-length)
 * @self: a source
 * @max_length: a number of bytes, at least 1
 *
 * Sets how long a file may be whose content is loaded.
 *
 * Since: 0.1
 */
void
g_flow_file_source_set_max_length (GFlowFileSource *self,
                                   guint            max_length)
{
  g_return_if_fail (G_IS_FLOW_FILE_SOURCE (self));
  g_return_if_fail (self->walk == NULL);
  g_return_if_fail (max_length > 0);

  if (self->max_length == max_length)
    return;
  self->max_length = max_length;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_LENGTH]);
}

/**
 * g_flow_file_source_get_skip_bad: (attributes org.gtk.Method.get_property=skip-bad)
 * @self: a source
 *
 * Gets whether what cannot be read is left out.
 *
 * Returns: %TRUE if it is, %FALSE if it ends the source with an error
 *
 * Since: 0.1
 */
gboolean
g_flow_file_source_get_skip_bad (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), FALSE);

  return self->skip_bad;
}

/**
 * g_flow_file_source_set_skip_bad: (attributes org.gtk.Method.set_property=skip-bad)
 * @self: a source
 * @skip_bad: whether it is
 *
 * Sets whether files and folders that cannot be read are left out, and counted. That
 * the folder where the pattern begins cannot be read ends the source all the same.
 *
 * Since: 0.1
 */
void
g_flow_file_source_set_skip_bad (GFlowFileSource *self,
                                 gboolean         skip_bad)
{
  g_return_if_fail (G_IS_FLOW_FILE_SOURCE (self));

  skip_bad = !!skip_bad;
  if (self->skip_bad == skip_bad)
    return;
  self->skip_bad = skip_bad;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SKIP_BAD]);
}

/**
 * g_flow_file_source_get_n_read: (attributes org.gtk.Method.get_property=n-read)
 * @self: a source
 *
 * Gets how many documents have been made.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_file_source_get_n_read (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), 0);

  return self->n_read;
}

/**
 * g_flow_file_source_get_n_skipped: (attributes org.gtk.Method.get_property=n-skipped)
 * @self: a source
 *
 * Gets how many files and folders were left out because they could not be read.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_file_source_get_n_skipped (GFlowFileSource *self)
{
  g_return_val_if_fail (G_IS_FLOW_FILE_SOURCE (self), 0);

  return self->n_skipped;
}
