/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-home-private.h"

typedef struct
{
  gpointer       data;
  GDestroyNotify free_func;
} Release;

void
_g_flow_home_init (GFlowHome *home)
{
  home->context = _g_flow_home_find_context ();
  home->thread = g_thread_self ();
}

void
_g_flow_home_copy (GFlowHome       *home,
                   const GFlowHome *other)
{
  home->context = other->context != NULL ? g_main_context_ref (other->context) : NULL;
  home->thread = other->thread;
}

void
_g_flow_home_clear (GFlowHome *home)
{
  g_clear_pointer (&home->context, g_main_context_unref);
}

gboolean
_g_flow_home_is_here (const GFlowHome *home)
{
  return home->thread == g_thread_self () || home->context == NULL ||
         g_main_context_is_owner (home->context);
}

static gboolean
release_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* Also called if the context goes before it has dispatched the source. */
static void
release_destroyed (gpointer user_data)
{
  Release *release = user_data;

  release->free_func (release->data);
  g_free (release);
}

/* Frees @data at home: at once if this is home, else from a source. */
void
_g_flow_home_release (const GFlowHome *home,
                      gpointer         data,
                      GDestroyNotify   free_func)
{
  if (_g_flow_home_is_here (home))
    {
      free_func (data);
      return;
    }

  Release *release = g_new (Release, 1);
  g_autoptr(GSource) source = g_idle_source_new ();
  /* Once the source is attached, the home itself may go with what is released. */
  g_autoptr(GMainContext) context = g_main_context_ref (home->context);

  *release = (Release) { data, free_func };
  g_source_set_static_name (source, "GFlow release");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, release_cb, release, release_destroyed);
  g_source_attach (source, context);
}
