// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What several tests need.

using GFlow;

public delegate void TestBody () throws Error;

public void add_test (string path, owned TestBody body) {
    Test.add_data_func (path, () => {
        try {
            body ();
        } catch (Error e) {
            error ("%s: %s", e.domain.to_string (), e.message);
        }
    });
}

// Calls an async function, and waits for its callback.
public delegate void BeginFunc (AsyncReadyCallback callback);

public AsyncResult wait (BeginFunc begin) {
    var loop = new MainLoop ();
    AsyncResult? answer = null;

    begin ((source, result) => {
        answer = result;
        loop.quit ();
    });
    loop.run ();
    return answer;
}

// Bodies

public bool succeed (FlowNode node, FlowRun run) throws Error {
    return true;
}

public void return_now (FlowNode node, FlowRun run, Task task) throws Error {
    task.return_boolean (true);
}
