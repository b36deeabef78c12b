/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-question-private.h"

#include "gflow-steps-private.h"

/* Which questions of a run nobody has answered yet, so that people can be told what its
 * nodes wait for.
 *
 * A question does not keep the run, and may outlive it where a body does not wait for the
 * answer. So the two have a table between them, which forgets the run when that has ended. */

struct _GFlowAsked
{
  GFlowMutex mutex; /* guards what follows */
  GFlowRun  *run;   /* (unowned) (nullable): until it has ended */
  GQueue     open;  /* of GFlowOpenQuestion, by their links: the oldest is first */
};

struct _GFlowOpenQuestion
{
  GFlowAsked *asked; /* (owned) */
  guint32     index; /* of the node */
  char       *text;  /* (owned) */
  GList       link;
};

static void
clear_asked (gpointer data)
{
  _g_flow_mutex_clear (&((GFlowAsked *) data)->mutex);
}

static void
release_asked (GFlowAsked *asked)
{
  g_atomic_rc_box_release_full (asked, clear_asked);
}

static GFlowAsked *
ensure_asked (GFlowRun *self)
{
  GFlowAsked *asked;

  _g_flow_mutex_lock (&self->mutex);
  if (self->asked == NULL)
    {
      self->asked = g_atomic_rc_box_new0 (GFlowAsked);
      self->asked->run = self;
      _g_flow_mutex_init (&self->asked->mutex);
    }
  asked = g_atomic_rc_box_acquire (self->asked);
  _g_flow_mutex_unlock (&self->mutex);
  return asked;
}

static GFlowAsked *
find_asked (GFlowRun *self)
{
  GFlowAsked *asked;

  _g_flow_mutex_lock (&self->mutex);
  asked = self->asked != NULL ? g_atomic_rc_box_acquire (self->asked) : NULL;
  _g_flow_mutex_unlock (&self->mutex);
  return asked;
}

/* Under the mutex, so that the run does not end meanwhile. */
static void
note_locked (GFlowOpenQuestion *self)
{
  if (self->asked->run != NULL)
    _g_flow_run_note_change (self->asked->run, self->index);
}

/* A node that runs has asked something. */
GFlowOpenQuestion *
_g_flow_run_open_question (GFlowRun   *run,
                           guint32     index,
                           const char *text)
{
  GFlowOpenQuestion *self = g_new0 (GFlowOpenQuestion, 1);

  self->asked = ensure_asked (run);
  self->index = index;
  self->text = g_strdup (text);
  self->link.data = self;
  _g_flow_mutex_lock (&self->asked->mutex);
  g_queue_push_tail_link (&self->asked->open, &self->link);
  note_locked (self);
  _g_flow_mutex_unlock (&self->asked->mutex);
  return self;
}

/* It has its answer, or will not have one. In any thread, before who has asked knows. */
void
_g_flow_open_question_close (GFlowOpenQuestion *self)
{
  _g_flow_mutex_lock (&self->asked->mutex);
  g_queue_unlink (&self->asked->open, &self->link);
  note_locked (self);
  _g_flow_mutex_unlock (&self->asked->mutex);
  release_asked (self->asked);
  g_free (self->text);
  g_free (self);
}

/* What a node waits for an answer to, the oldest question if there are several; or NULL. Any
 * thread. */
char *
_g_flow_run_dup_open_question (GFlowRun *self,
                               guint32   index)
{
  GFlowAsked *asked = find_asked (self);
  char *text = NULL;

  if (asked == NULL)
    return NULL;

  _g_flow_mutex_lock (&asked->mutex);
  for (GList *l = asked->open.head; l != NULL && text == NULL; l = l->next)
    {
      const GFlowOpenQuestion *question = l->data;

      if (question->index == index)
        text = g_strdup (question->text);
    }
  _g_flow_mutex_unlock (&asked->mutex);
  release_asked (asked);
  return text;
}

/* The run has ended: nobody is told of its nodes any more. */
void
_g_flow_run_forget_questions (GFlowRun *self)
{
  GFlowAsked *asked = self->asked;

  if (asked == NULL)
    return;

  _g_flow_mutex_lock (&asked->mutex);
  asked->run = NULL;
  _g_flow_mutex_unlock (&asked->mutex);
}

void
_g_flow_run_free_questions (GFlowRun *self)
{
  _g_flow_run_forget_questions (self);
  g_clear_pointer (&self->asked, release_asked);
}
