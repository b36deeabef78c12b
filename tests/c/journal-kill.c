/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A process that is killed at any moment, and another that goes on with its journal: what is in
 * the journal is not done again, and what is not yet there, nobody has seen the end of.
 *
 * The program calls itself as the process that is killed. Its bodies leave a mark, a number in a
 * file, before they do anything else.
 *
 * GFLOW_TEST_SEED   the seed
 * GFLOW_TEST_KILLS  how often */

#include "resume-graph.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/gflow-journal-format-private.h"

#define N_NODES 40

/* The process that is killed */

static int marks_fd;

static void
leave_mark (guint number)
{
  const gint64 until = g_get_monotonic_time () + 50 * (1 + number % 7);
  char mark[16];
  const int length = g_snprintf (mark, sizeof (mark), "%u\n", number);

  if (write (marks_fd, mark, length) != length)
    g_error ("a mark could not be written: %s", g_strerror (errno));
  while (g_get_monotonic_time () < until)
    ;
}

static void
mark_cb (ResumeNode *node,
         GFlowRun   *run)
{
  leave_mark (node->index);
}

/* The marks of items come after those of nodes. */
static void
mark_item_cb (ResumeNode *node,
              guint       item)
{
  leave_mark (N_NODES + node->index * RESUME_MAX_ITEMS + item);
}

static int
be_victim (char **arguments)
{
  const guint64 seed = g_ascii_strtoull (arguments[2], NULL, 10);
  const guint session = (guint) g_ascii_strtoull (arguments[3], NULL, 10);
  g_autoptr(ResumeGraph) graph = resume_graph_new (seed, N_NODES, session);
  g_autoptr(GFlowRun) run = g_flow_run_new (graph->flow);
  g_autoptr(GFile) journal = g_file_new_for_path (arguments[0]);
  g_autoptr(GError) error = NULL;

  marks_fd = g_open (arguments[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  g_assert_cmpint (marks_fd, >=, 0);
  graph->ran = mark_cb;
  graph->ran_item = mark_item_cb;
  g_flow_set_max_threads (graph->flow, 1 + session % 4);
  g_flow_run_set_journal (run, journal);
  if (session % 3 == 0)
    g_flow_run_execute_sync (run, NULL, &error);
  else
    test_run_execute (run, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < graph->n_nodes; i++)
    {
      test_assert_node (run, graph->nodes[i].node, DONE);
      if (graph->nodes[i].n_downstreams == 0)
        resume_node_assert_result (&graph->nodes[i], run);
    }
  return EXIT_SUCCESS;
}

/* The one that kills */

typedef struct
{
  const char  *program;
  char        *folder;
  char        *journal;
  char        *marks;
  guint64      seed;
  guint        session;
  ResumeGraph *graph;             /* for what is to be expected; it never runs */
  gboolean     recorded[N_NODES]; /* before the session */
  gboolean     recorded_items[N_NODES * RESUME_MAX_ITEMS]; /* likewise */
  gboolean     ran[N_NODES];      /* in any session */
  gboolean     complete;          /* the journal says so: the next run is another */
  gsize        n_marks;           /* bytes, before the session */
} Trial;

static void
trial_init (Trial      *self,
            const char *program)
{
  *self = (Trial) { .program = program };
  self->folder = g_dir_make_tmp ("gflow-kill-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->journal = g_build_filename (self->folder, "journal", NULL);
  self->marks = g_build_filename (self->folder, "marks", NULL);
}

static void
trial_reset (Trial   *self,
             guint64  seed)
{
  g_clear_pointer (&self->graph, resume_graph_free);
  self->graph = resume_graph_new (seed, N_NODES, 0);
  self->seed = seed;
  memset (self->recorded, 0, sizeof (self->recorded));
  memset (self->recorded_items, 0, sizeof (self->recorded_items));
  memset (self->ran, 0, sizeof (self->ran));
  self->complete = FALSE;
  self->n_marks = 0;
  g_remove (self->marks);
  g_remove (self->journal);
}

static void
trial_clear (Trial *self)
{
  g_clear_pointer (&self->graph, resume_graph_free);
  g_remove (self->marks);
  g_remove (self->journal);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->journal);
  g_free (self->marks);
}

static GPid
trial_start (Trial *self)
{
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, self->seed);
  g_autofree char *session = g_strdup_printf ("%u", ++self->session);
  char *arguments[] = {
    (char *) self->program, (char *) "--victim", self->journal, self->marks, seed, session, NULL
  };
  g_autoptr(GError) error = NULL;
  GPid pid = 0;

  g_spawn_async (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

/* TRUE if it has ended well, and was not killed. */
static gboolean
trial_wait (Trial *self,
            GPid   pid)
{
  int status;

  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  if (WIFSIGNALED (status))
    g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, EXIT_SUCCESS);
  return !WIFSIGNALED (status);
}

/* The nodes that are in the journal. */
static void
trial_read_journal (Trial    *self,
                    gboolean *recorded,
                    gboolean *items,
                    gboolean *complete)
{
  g_autofree char *data = NULL;
  g_autoptr(GError) error = NULL;
  GFlowJournalContent content;
  gsize size = 0;

  if (!g_file_get_contents (self->journal, &data, &size, NULL))
    size = 0;
  _g_flow_journal_parse ((const guint8 *) data, size, &content, &error);
  g_assert_no_error (error);
  *complete = content.complete;
  for (guint i = 0; content.items != NULL && i < content.items->len; i++)
    {
      guint32 number, item;
      const char *name;

      g_variant_get (content.items->pdata[i], "(uut@a{sv})", &number, &item, NULL, NULL);
      g_variant_get_child (content.picture, number, "(&s@au)", &name, NULL);
      items[atoi (name + 1) * RESUME_MAX_ITEMS + item] = TRUE;
    }
  for (guint i = 0; content.outcomes != NULL && i < content.outcomes->len; i++)
    {
      const char *name;

      g_variant_get_child (content.picture, i, "(&s@au)", &name, NULL);
      recorded[atoi (name + 1)] = content.outcomes->pdata[i] != NULL;
    }
  _g_flow_journal_content_clear (&content);
}

/* An item of a map has run: it was not done before, nor in this session. */
static void
trial_check_item (Trial          *self,
                  guint           item,
                  const gboolean *recorded,
                  gboolean       *ran)
{
  ResumeNode *map = &self->graph->nodes[item / RESUME_MAX_ITEMS];

  g_assert_false (ran[item]);
  ran[item] = TRUE;
  g_assert_false (self->recorded_items[item]);
  g_assert_false (self->recorded[map->index]);
  for (guint k = 0; k < map->n_upstreams; k++)
    g_assert_true (recorded[map->upstreams[k]]);
}

/* What has run in the session: nothing that was in the journal, but for results that cannot be
 * kept; and what it waited for is there now. */
static void
trial_check_marks (Trial          *self,
                   const gboolean *recorded)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  gboolean ran[N_NODES] = { FALSE };
  gboolean ran_items[N_NODES * RESUME_MAX_ITEMS] = { FALSE };
  gsize size = 0;

  if (!g_file_get_contents (self->marks, &text, &size, NULL))
    return;

  lines = g_strsplit (text + self->n_marks, "\n", -1);
  self->n_marks = size;
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      const guint mark = (guint) atoi (lines[i]);
      ResumeNode *node;

      if (mark >= N_NODES)
        {
          trial_check_item (self, mark - N_NODES, recorded, ran_items);
          continue;
        }
      node = &self->graph->nodes[mark];
      g_assert_false (ran[node->index]);
      g_assert_true (!self->recorded[node->index] || node->result == RESUME_OBJECT);
      ran[node->index] = self->ran[node->index] = TRUE;
      for (guint k = 0; k < node->n_upstreams; k++)
        g_assert_true (recorded[node->upstreams[k]]);
    }
}

static void
trial_check (Trial    *self,
             gboolean  ended)
{
  gboolean recorded[N_NODES] = { FALSE };
  gboolean items[N_NODES * RESUME_MAX_ITEMS] = { FALSE };

  trial_read_journal (self, recorded, items, &self->complete);
  trial_check_marks (self, recorded);
  for (guint i = 0; i < N_NODES; i++)
    {
      g_assert_true (recorded[i] || !self->recorded[i]);
      g_assert_true (self->ran[i] || !recorded[i]);
    }
  g_assert_true (self->complete || !ended);
  for (guint i = 0; self->complete && i < N_NODES; i++)
    g_assert_true (recorded[i] && self->ran[i]);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    g_assert_true (items[i] || !self->recorded_items[i]);
  memcpy (self->recorded, recorded, sizeof (recorded));
  memcpy (self->recorded_items, items, sizeof (items));
}

/* How long a session takes that is left alone. */
static gint64
measure (Trial *trial)
{
  gint64 longest = 0;

  for (guint i = 0; i < 3; i++)
    {
      const gint64 start = g_get_monotonic_time ();

      trial_reset (trial, trial->seed + i);
      g_assert_true (trial_wait (trial, trial_start (trial)));
      trial_check (trial, TRUE);
      longest = MAX (longest, g_get_monotonic_time () - start);
    }
  return longest;
}

static guint
count_kills (void)
{
  const char *text = g_getenv ("GFLOW_TEST_KILLS");

  return text != NULL ? (guint) g_ascii_strtoull (text, NULL, 10) : test_is_slow () ? 20 : 200;
}

static void
test_kill (gconstpointer program)
{
  const guint64 seed = test_seed ();
  const guint n_kills = count_kills ();
  g_autoptr(GRand) random = g_rand_new_with_seed ((guint32) seed);
  guint n_complete = 0, n_halfway = 0;
  gint64 longest;
  Trial trial;

  trial_init (&trial, program);
  trial_reset (&trial, seed);
  longest = measure (&trial);
  trial_reset (&trial, seed);
  for (guint n = 0; n < n_kills;)
    {
      const GPid pid = trial_start (&trial);
      gboolean ended;

      /* The moment is the point of this: there is nothing to wait for. */
      g_usleep (g_rand_int_range (random, 0, (int) longest));
      kill (pid, SIGKILL);
      ended = trial_wait (&trial, pid);
      trial_check (&trial, ended);
      n += !ended;
      n_halfway += !ended && trial.n_marks > 0;
      n_complete += trial.complete;
      if (trial.complete)
        trial_reset (&trial, seed + n_complete);
    }
  g_test_message ("%u kills, %u of them halfway, %u runs complete", n_kills, n_halfway,
                  n_complete);
  g_assert_cmpuint (n_halfway, >, n_kills / 10);

  /* The last one may go on to its end. */
  g_assert_true (trial_wait (&trial, trial_start (&trial)));
  trial_check (&trial, TRUE);
  trial_clear (&trial);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 6 && g_str_equal (argv[1], "--victim"))
    return be_victim (argv + 2);

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/journal/kill", argv[0], test_kill);
  return g_test_run ();
}
