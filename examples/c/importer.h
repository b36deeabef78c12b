/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gflow.h>

G_BEGIN_DECLS

typedef struct _ImportFile ImportFile;
typedef struct _ImportJob ImportJob;

/* What is done to a file, in this order; every step is a node of the flow. */
typedef enum
{
  IMPORT_STEP_HASH,
  IMPORT_STEP_DETECT,
  IMPORT_STEP_COMPRESS,
  IMPORT_STEP_STORE,
  IMPORT_N_STEPS,
} ImportStep;

typedef enum
{
  IMPORT_STATUS_UNFINISHED,
  IMPORT_STATUS_UNREADABLE,
  IMPORT_STATUS_NOT_STORED,
  IMPORT_STATUS_DUPLICATE,
  IMPORT_STATUS_COMPRESSED,
  IMPORT_STATUS_COPIED,
  IMPORT_N_STATUS,
} ImportStatus;

struct _ImportFile
{
  ImportJob  *job;           /* (unowned) */
  char       *path;          /* as the file system spells it */
  char       *label;         /* below the folder, in UTF-8, unique: names the nodes */
  guint64     size;
  GFlowNode  *nodes[IMPORT_N_STEPS]; /* (unowned) (nullable): small files are not compressed */

  /* What the nodes find out. Each field is written by one node and read only by
   * nodes that come after it: the graph keeps the threads apart, not a mutex. */
  char       *digest;        /* hash: SHA-256 */
  char       *type;          /* detect: the content type */
  ImportFile *original;      /* compare: (nullable): the first file with the same content */
  guint64     stored_size;   /* store */
  gboolean    compressed;    /* store */
};

struct _ImportJob
{
  char       *folder;        /* what is imported */
  GPtrArray  *files;         /* (element-type ImportFile), sorted by path */
  GPtrArray  *problems;      /* (element-type utf8): folders that could not be read */
  guint       n_skipped;     /* links, sockets, devices… */

  char       *index;         /* where the index goes; NULL: into the temporary folder */
  char       *temporary;     /* made by the first node, removed by the last */
  GFlow      *flow;
  GFlowNode  *prepare;       /* (unowned) */
  GFlowNode  *write;         /* (unowned) */
  GFlowNode  *clean_up;      /* (unowned) */
  GFlowLock  *processors;    /* for what keeps a processor busy */
  GFlowLock  *disk;          /* one file is written at a time */
};

typedef struct
{
  guint       n_files[IMPORT_N_STATUS];
  guint64     n_bytes;       /* of all files that could be read */
  guint64     duplicate_bytes;
  guint64     unpacked_bytes; /* of the files that were compressed, before … */
  guint64     packed_bytes;   /* … and after */
} ImportTotals;

/* importer-scan.c */
ImportJob    *import_job_new          (const char    *folder,
                                       GError       **error);
ImportJob    *import_job_new_sample   (ImportJob     *job,
                                       GFlowRun      *run);
void          import_job_free         (ImportJob     *self);

/* importer-flow.c */
gboolean      import_job_plan         (ImportJob     *self,
                                       guint          n_threads,
                                       GError       **error);
ImportStatus  import_file_get_status  (ImportFile    *self,
                                       GFlowRun      *run);
GError       *import_file_get_error   (ImportFile    *self,
                                       GFlowRun      *run);
GError       *import_job_get_error    (ImportJob     *self,
                                       GFlowRun      *run);
void          import_job_count        (ImportJob     *self,
                                       GFlowRun      *run,
                                       ImportTotals  *totals);

/* importer-index.c */
gboolean      import_job_write_index  (ImportJob     *self,
                                       GFlowRun      *run,
                                       const char    *path,
                                       GCancellable  *cancellable,
                                       GError       **error);

/* importer-report.c */
void          import_watch_progress   (GFlowRun      *run);
void          import_end_progress     (GFlowRun      *run);
void          import_print_summary    (ImportJob     *job,
                                       GFlowRun      *run,
                                       double         scan_seconds,
                                       double         run_seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImportJob, import_job_free)

G_END_DECLS
