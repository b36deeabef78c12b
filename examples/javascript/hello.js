#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import GFlow from 'gi://GFlow?version=1';

const flow = new GFlow.Flow();

// The bodies: called in the main context, because JavaScript has one thread.
const setup = flow.node({name: 'setup'}, () => print('set up'));
const work1 = flow.node({name: 'work_1', upstream: setup}, () => print('work 1'));
const work2 = flow.node({name: 'work_2', upstream: setup}, async () => print('work 2'));
flow.node({name: 'shutdown', upstream: [work1, work2]}, () => print('shut down'));

const run = await flow.execute();
print(run.n_done, 'nodes done');
